"""Orders in the shapes of the standard's own examples are taken, or refused at the element that stands in the way."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from tests.referrals.fhir_house import asked, counted, parsed, sent
from tests.referrals.house import SAMPLES, Caller, House, today

SHAPES = sorted((SAMPLES / "shapes").glob("*.json"))
WRITTEN = datetime.fromisoformat("2026-11-20").date()
"""The day on which the samples that can be taken were written."""


IN_THE_WAY: dict[str, set[str]] = {
    "ambulation": {"status"},
    "appendectomy": {"status"},
    "benchpress": {"intent", "requester"},
    "colonoscopy": {"status"},
    "colonoscopy-biopsy": {"status"},
    "do-not-turn": {"doNotPerform"},
    "education": {"status", "subject", "requester"},
    "myringotomy": {"status"},
    "oral-care": {"intent"},
    "physical-therapy": {"status", "requester"},
    "physiotherapy": {"status", "occurrence.repeat.frequencyMax"},
    "thyroxine": {"status"},
    "ventilation": {"status"},
}
"""With the people sent along; the others are taken."""

ALL = ["patient.phone", "diagnoses", "visits", "frequency.visits", "frequency.per_days", "session_minutes", "issued_on"]
ASKED = {
    "holter": ["frequency.visits", "frequency.per_days", "session_minutes"],
    "imaging": ALL[1:],
    "lipid": ALL[1:],
    "massage-in-the-same-shape": [],
    "subrequest": ALL[1:],
}
"""Of those that are taken: what is asked for."""


def at(path: Path) -> dict[str, Any]:
    """The sample, as if it had been written today, under a number of its own."""
    order: dict[str, Any] = json.loads(path.read_text())
    later = today() - WRITTEN
    if "authoredOn" in order:
        order["authoredOn"] = f"{today()}"
    if end := order.get("occurrencePeriod", {}).get("end"):
        order["occurrencePeriod"]["end"] = (datetime.fromisoformat(end).date() + later + timedelta(days=1)).isoformat()
    for identifier in order.get("identifier", []):
        identifier["value"] = uuid4().hex
    return order


def with_people(order: dict[str, Any]) -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "id": "pat",
        "name": [{"text": f"Ilse Adebayo {uuid4().hex}"}],
        "birthDate": "1969-04-12",
        "telecom": [{"system": "phone", "value": "+1 212 555 0162"}],
    }
    doctor = {
        "resourceType": "Practitioner",
        "id": "doc",
        "name": [{"text": "Dr. Careful"}],
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1932104098"}],
    }
    entries = [{"resource": one} for one in (order, patient, doctor)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def elements(answer: Any) -> set[str]:
    """The names of the elements at which an OperationOutcome points."""
    paths = [issue["expression"][0] for issue in parsed(answer)["issue"]]
    return {path.removeprefix("Bundle.entry[0].resource.").removeprefix("ServiceRequest.") for path in paths}


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_the_sample_is_sound_fhir(path: Path) -> None:
    ServiceRequest.model_validate_json(path.read_text())


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_an_order_without_its_people_is_refused_where_it_refers_to_them(house: House, desk: Caller, path: Path) -> None:
    before = counted(house)
    answer = sent(desk, at(path))
    assert answer.status_code == 422
    assert elements(answer) == {"subject", "requester"} | IN_THE_WAY.get(path.stem, set())
    assert counted(house) == before


@pytest.mark.parametrize("path", [each for each in SHAPES if each.stem in IN_THE_WAY], ids=lambda path: path.stem)
def test_what_is_no_order_to_be_carried_out_is_refused_at_the_element_that_says_so(
    house: House, desk: Caller, path: Path
) -> None:
    before = counted(house)
    answer = sent(desk, with_people(at(path)))
    assert answer.status_code == 422
    assert elements(answer) == IN_THE_WAY[path.stem]
    assert counted(house) == before


@pytest.mark.parametrize("path", [each for each in SHAPES if each.stem not in IN_THE_WAY], ids=lambda path: path.stem)
def test_an_order_that_can_be_carried_out_is_taken_and_what_it_leaves_open_is_asked_for(
    desk: Caller, path: Path
) -> None:
    task = parsed(sent(desk, with_people(at(path))))
    codes = [code["code"] for code in task.get("statusReason", {}).get("coding", [])]
    assert codes == ASKED[path.stem]
    assert task["status"] == ("on-hold" if codes else "received")
    shown = parsed(asked(desk, f"ServiceRequest/{task['id']}"))
    assert shown["code"]["text"] == json.loads(path.read_text())["code"]["text"]


def test_the_physiotherapy_shape_is_read_to_its_last_element(desk: Caller) -> None:
    task = parsed(sent(desk, with_people(at(SAMPLES / "shapes" / "massage-in-the-same-shape.json"))))
    shown = parsed(asked(desk, f"ServiceRequest/{task['id']}"))
    repeat = shown["occurrenceTiming"]["repeat"]
    assert {name: repeat[name] for name in repeat if not name.startswith("bounds")} == {
        **{"count": 6, "countMax": 8, "duration": 30, "durationMax": 45, "durationUnit": "min"},
        **{"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "wk"},
    }
    assert shown["bodySite"] == [{"text": "Lower back"}]
    assert shown["patientInstruction"] == "Bring the splint"
    assert [one["signature"][0]["when"][:10] for one in shown["contained"]] == ["2026-02-01"]
