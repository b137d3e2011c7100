"""Whom and what a reference means: by every way that FHIR has to refer, and never somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.referrals.fhir_house import a_bundle, a_service_request, counted, parsed, resource, sent
from tests.referrals.house import Caller, House

EHR = "https://ehr.example/fhir"
NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1245319599"}
Change = Callable[[dict[str, Any]], Any]


def a_collection(subject: dict[str, Any], *patients: tuple[str | None, dict[str, Any]]) -> dict[str, Any]:
    """An order from `EHR`, referring to its patient like `subject`; patients with their fullUrl."""
    order = a_service_request()
    patient, doctor = order.pop("contained")
    order |= {"id": "order", "subject": subject, "requester": {"reference": f"{EHR}/Practitioner/doc"}}
    people = [*patients] or [(f"{EHR}/Patient/pat", patient)]
    entries: list[dict[str, Any]] = [
        {"fullUrl": f"{EHR}/ServiceRequest/order", "resource": order},
        {"fullUrl": f"{EHR}/Practitioner/doc", "resource": doctor},
        *({"fullUrl": url, "resource": one} if url else {"resource": one} for url, one in people),
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def a_patient(**more: Any) -> dict[str, Any]:
    return {**a_service_request()["contained"][0], **more}


def name_of(desk: Caller, document: dict[str, Any]) -> str:
    task = parsed(sent(desk, document))
    name: str = desk.get(f"/{task['id']}").json["patient"]["name"]
    return name


def told(answer: Any) -> dict[str, str]:
    return {issue["expression"][0]: issue["code"] for issue in parsed(answer)["issue"]}


REFERENCES = [
    {"reference": f"{EHR}/Patient/pat"},
    {"reference": "Patient/pat"},
    {"reference": "Patient/pat/_history/3"},
    {"reference": f"{EHR}/Patient/pat/_history/3"},
    {"reference": "Patient?identifier=https://ehr.example/mrn|77"},
    {"reference": "Patient?identifier=https%3A%2F%2Fehr.example%2Fmrn%7C77"},
    {"identifier": {"system": "https://ehr.example/mrn", "value": "77"}},
    {"type": "Patient", "identifier": {"system": "https://ehr.example/mrn", "value": "77"}},
]


@pytest.mark.parametrize("subject", REFERENCES, ids=lambda subject: json.dumps(subject)[:50])
def test_a_patient_is_found_however_the_order_refers_to_them(desk: Caller, subject: dict[str, Any]) -> None:
    patient = a_patient(identifier=[{"system": "https://ehr.example/mrn", "value": "77"}])
    assert name_of(desk, a_collection(subject, (f"{EHR}/Patient/pat", patient))) == "Devraj Whitcombe"


def test_of_two_patients_with_one_id_that_of_the_orders_own_server_is_meant(desk: Caller) -> None:
    other = a_patient(name=[{"text": "Somebody Else"}])
    people = [("https://other.example/fhir/Patient/pat", other), (f"{EHR}/Patient/pat", a_patient())]
    for order in (people, people[::-1]):
        assert name_of(desk, a_collection({"reference": "Patient/pat"}, *order)) == "Devraj Whitcombe"


DOUBTFUL: list[tuple[dict[str, Any], list[tuple[str | None, dict[str, Any]]], str]] = [
    (
        {"reference": "Patient/pat"},
        [(None, a_patient()), (None, a_patient(name=[{"text": "Somebody Else"}]))],
        "not-found",
    ),
    (
        {"identifier": {"system": "s", "value": "1"}},
        [(f"{EHR}/Patient/{n}", a_patient(identifier=[{"system": "s", "value": "1"}])) for n in "ab"],
        "required",
    ),
    ({"reference": "Patient?name=Devraj"}, [(f"{EHR}/Patient/pat", a_patient())], "not-found"),
    ({"reference": "Patient?identifier=1"}, [(f"{EHR}/Patient/pat", a_patient())], "not-found"),
    ({"reference": "Patient/elsewhere"}, [(f"{EHR}/Patient/pat", a_patient())], "not-found"),
    ({"reference": "#pat"}, [(f"{EHR}/Patient/pat", a_patient())], "not-found"),
    ({"display": "Devraj Whitcombe"}, [(f"{EHR}/Patient/pat", a_patient())], "required"),
]


@pytest.mark.parametrize(("subject", "people", "code"), DOUBTFUL)
def test_where_there_is_doubt_nobody_is_taken_for_the_patient(
    house: House, desk: Caller, subject: dict[str, Any], people: list[tuple[str | None, dict[str, Any]]], code: str
) -> None:
    before = counted(house)
    answer = sent(desk, a_collection(subject, *people))
    assert (answer.status_code, told(answer)) == (422, {"Bundle.entry[0].resource.subject": code})
    assert counted(house) == before


def test_two_entries_of_one_address_and_two_contained_of_one_name_are_refused(desk: Caller) -> None:
    bundle = a_collection({"reference": "Patient/pat"})
    bundle["entry"].append({"fullUrl": f"{EHR}/Patient/pat", "resource": a_patient(name=[{"text": "Another"}])})
    assert told(sent(desk, bundle))["Bundle.entry[3].fullUrl"] == "invariant"
    order = a_service_request()
    order["contained"].append(a_patient(name=[{"text": "Another"}]))
    assert told(sent(desk, order))["ServiceRequest.contained[2].id"] == "invariant"


@pytest.mark.parametrize(
    "requester",
    [
        {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|1245319599", "display": "Ollie Ortho"},
        {"identifier": NPI, "display": "Ollie Ortho"},
        {"reference": "#role"},
    ],
)
def test_a_physician_may_be_known_by_their_npi_alone(desk: Caller, requester: dict[str, Any]) -> None:
    order = a_service_request()
    role = {"resourceType": "PractitionerRole", "id": "role", "organization": {"display": "Ortho Group"}}
    order["contained"] = [a_patient(), {**role, "practitioner": {"identifier": NPI, "display": "Ollie Ortho"}}]
    order["requester"] = requester
    if "identifier" in requester or "?" in requester["reference"]:
        order["contained"].pop()
    shown = desk.get(f"/{parsed(sent(desk, order))['id']}").json["physician"]
    assert (shown["name"], shown["npi"]) == ("Ollie Ortho", "1245319599")


def test_a_licence_may_stand_with_a_qualification(desk: Caller) -> None:
    order = a_service_request()
    doctor = {
        **order["contained"][1],
        "identifier": [{**NPI, "use": "old"}, {**NPI, "value": "1932104098"}],
        "qualification": [{"identifier": [{"value": f"NY-{uuid4().hex[:6]}"}], "code": {"text": "MD"}}],
    }
    order["contained"][1] = doctor
    shown = parsed(sent(desk, order, "ServiceRequest/$validate"))
    assert [issue["severity"] for issue in shown["issue"]] == ["information"]


def link(kind: str, whose: str, **content: Any) -> Change:
    """A resource of another patient, or not in force, to which the order refers."""

    def change(order: dict[str, Any]) -> None:
        one = {"resourceType": kind, "id": "linked", whose: {"reference": "#pat"}, **content}
        order["contained"].append(one)
        name = {"Condition": "reasonReference", "Coverage": "insurance"}.get(kind, "supportingInfo")
        order[name] = [{"reference": "#linked"}]

    return change


def gone(**content: Any) -> Change:
    return lambda order: order["contained"][0].update(content)


FLAG = {"status": "active", "code": {"text": "Bruises easily"}}
GOAL = {"lifecycleStatus": "active", "description": {"text": "Sleep"}}
COVERAGE = {"status": "active", "payor": [{"display": "Harbor Mutual"}]}
CONDITION = {"code": {"text": "Stiff neck"}}
NOT_THERES = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "refuted"}]}
ELSE = {"reference": "#else"}

VOID: list[tuple[Change, str]] = [
    (link("Flag", "subject", **FLAG | {"subject": ELSE}), "contained[3].subject"),
    (link("Goal", "subject", **GOAL | {"subject": ELSE}), "contained[3].subject"),
    (link("Coverage", "beneficiary", **COVERAGE | {"beneficiary": ELSE}), "contained[3].beneficiary"),
    (link("Condition", "subject", **CONDITION | {"subject": ELSE}), "contained[3].subject"),
    (link("Condition", "subject", **CONDITION, verificationStatus=NOT_THERES), "contained[3].verificationStatus"),
    (link("Flag", "subject", **FLAG | {"status": "entered-in-error"}), "contained[3].status"),
    (link("Goal", "subject", **GOAL | {"lifecycleStatus": "entered-in-error"}), "contained[3].lifecycleStatus"),
    (gone(active=False), "contained[0].active"),
    (gone(deceasedBoolean=True), "contained[0].deceased"),
]


@pytest.mark.parametrize(("change", "place"), VOID)
def test_what_is_of_somebody_else_or_in_error_is_not_taken(
    house: House, desk: Caller, change: Change, place: str
) -> None:
    order = a_service_request()
    order["contained"].append(a_patient(id="else", name=[{"text": "Somebody Else"}]))
    change(order)
    before = counted(house)
    answer = sent(desk, order)
    assert (answer.status_code, told(answer)) == (422, {f"ServiceRequest.{place}": "business-rule"})
    assert counted(house) == before


LEFT_OUT: list[tuple[Change, str, Any]] = [
    (link("Flag", "subject", **FLAG | {"status": "inactive"}), "status", "precautions"),
    (link("Goal", "subject", **GOAL | {"lifecycleStatus": "cancelled"}), "lifecycleStatus", "goals"),
    (link("Coverage", "beneficiary", **COVERAGE | {"status": "cancelled"}), "status", "payer"),
]


@pytest.mark.parametrize(("change", "element", "field"), LEFT_OUT)
def test_what_is_not_in_force_is_left_out_and_told(desk: Caller, change: Change, element: str, field: str) -> None:
    order = a_service_request()
    change(order)
    assert f"ServiceRequest.contained[2].{element}" in told(sent(desk, order, "$validate"))
    assert not desk.get(f"/{parsed(sent(desk, order))['id']}").json[field]


def test_a_signature_of_something_else_signs_nothing(desk: Caller) -> None:
    bundle = a_bundle()
    when = f"{resource(bundle, 'ServiceRequest')['authoredOn']}T10:00:00Z"
    coding = {"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1"}
    who = {"display": "Somebody"}
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": bundle["entry"][0]["fullUrl"]}],
        "recorded": when,
        "agent": [{"who": who}],
        "signature": [{"type": [coding], "when": when, "who": who}],
    }
    bundle["entry"].append({"resource": provenance})
    assert desk.get(f"/{parsed(sent(desk, bundle))['id']}").json["signed_on"] is None
    resource(bundle, "ServiceRequest")["identifier"][0]["value"] = uuid4().hex
    order = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "ServiceRequest")
    provenance["target"] = [{"reference": order["fullUrl"]}]
    assert desk.get(f"/{parsed(sent(desk, bundle))['id']}").json["signed_on"] == when[:10]
