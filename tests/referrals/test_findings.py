"""The safety gate at the review: what stops it, what limits it, and what is signed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_bundle, a_referral


def received(desk: Caller, **changes: Any) -> dict[str, Any]:
    answer = desk.post("", a_referral(**changes))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def findings(therapist: Caller, referral: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = therapist.get(f"/{referral['id']}/findings").json
    return found


def told(house: House, referral: dict[str, Any]) -> dict[str, Any]:
    """What booking is told of the patient's care, opened."""
    _, data = house.events(referral["id"])[-1]
    care: dict[str, Any] = json.loads(house.running.seal.open(data["care"]))
    return care


def test_findings_come_from_the_referral_and_from_its_diagnoses(desk: Caller, therapist: Caller) -> None:
    referral = received(
        desk, contraindications=["open_wound"], diagnoses=["M54.50", "I97.2", "C50.911"], pressure_ceiling=4
    )
    found = findings(therapist, referral)
    assert [(one["code"], one["source"]) for one in found["constraints"]] == [
        ("open_wound", "order"),
        ("cancer_treatment", "diagnosis"),
        ("lymphedema", "diagnosis"),
    ]
    assert (found["pressure_ceiling"], found["avoid"]) == (1, ["wound"])
    assert found["certifications_needed"] == ["lymphedema", "oncology"]
    assert all(one["provenance"] for one in found["constraints"])


def test_the_strictest_ceiling_is_shown_and_told(house: House, desk: Caller, therapist: Caller) -> None:
    referral = received(desk, contraindications=["anticoagulants"], pressure_ceiling=4)
    answer = therapist.post(f"/{referral['id']}/accept", {"pressure_ceiling": 3})
    assert (answer.json["pressure_ceiling"], answer.json["physician_pressure_ceiling"]) == (2, 4)
    _, data = house.events(referral["id"])[-1]
    assert house.running.seal.open(data["pressure_ceiling"]) == "2"


@pytest.mark.parametrize(
    "changes", [{"contraindications": ["thrombosis"]}, {"diagnoses": ["I82.401"]}], ids=["said", "diagnosed"]
)
def test_an_absolute_contraindication_stops_the_review(
    house: House, desk: Caller, therapist: Caller, changes: dict[str, Any]
) -> None:
    referral = received(desk, **changes)
    before = house.counts()
    answer = therapist.post(f"/{referral['id']}/accept")
    assert (answer.status_code, answer.json["code"]) == (409, "contraindicated")
    assert answer.json["errors"] == {"codes": ["thrombosis"]}
    assert "contact the physician" in answer.json["message"]
    assert house.counts() == before
    assert therapist.post(f"/{referral['id']}/decline", {"reason": "Thrombosis"}).status_code == 200


def test_what_was_resolved_with_the_physician_no_longer_stops_it(house: House, desk: Caller, therapist: Caller) -> None:
    referral = received(desk, contraindications=["thrombosis", "bruise"])
    answer = therapist.post(f"/{referral['id']}/accept", {"resolved": ["thrombosis"]})
    assert answer.status_code == 200
    assert told(house, referral)["contraindications"] == ["bruise"]
    rows = house.rows("SELECT act, actor, facts FROM audit WHERE object_id = :id ORDER BY id", id=referral["id"])
    assert [(act, actor) for act, actor, _ in rows[1:]] == [
        ("referral_accepted", "therapist-7"),
        ("contraindications_resolved", "therapist-7"),
    ]
    assert rows[-1].facts == {"count": 1}


@pytest.mark.parametrize("resolved", [["fever"], ["bruise"], ["thrombosis", "no_such_code"]])
def test_only_what_stops_it_can_be_resolved(desk: Caller, therapist: Caller, resolved: list[str]) -> None:
    referral = received(desk, contraindications=["thrombosis", "bruise"])
    answer = therapist.post(f"/{referral['id']}/accept", {"resolved": resolved})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["resolved"])


def test_the_therapist_adds_what_was_found_besides(house: House, desk: Caller, therapist: Caller) -> None:
    referral = received(desk)
    answer = therapist.post(f"/{referral['id']}/accept", {"contraindications": ["osteoporosis"]})
    assert answer.json["pressure_ceiling"] == 2
    assert told(house, referral)["contraindications"] == ["osteoporosis"]
    assert findings(therapist, referral)["constraints"][0]["source"] == "review"


def test_an_absolute_one_that_the_therapist_found_stops_it_too(desk: Caller, therapist: Caller) -> None:
    referral = received(desk)
    answer = therapist.post(f"/{referral['id']}/accept", {"contraindications": ["fever"]})
    assert (answer.status_code, answer.json["code"]) == (409, "contraindicated")


def test_the_acceptance_is_signed_with_what_was_seen(house: House, desk: Caller, therapist: Caller) -> None:
    referral = received(desk, contraindications=["bruise", "fever"])
    therapist.post(f"/{referral['id']}/accept", {"resolved": ["fever"]})
    (sealed,) = house.rows("SELECT review FROM referrals WHERE id = :id", id=referral["id"])[0]
    review = json.loads(house.running.seal.open(sealed))
    assert (review["signed"]["by"], review["resolved"]) == ("therapist-7", ["fever"])
    assert review["signed"]["findings"]["version"] == 1
    assert [one["code"] for one in review["signed"]["findings"]["constraints"]] == ["bruise"]


def test_booking_is_told_what_matching_and_the_gate_need_and_no_word_more(
    house: House, desk: Caller, therapist: Caller
) -> None:
    referral = received(
        desk,
        diagnoses=["M54.50", "M54.2", "I89.0"],
        therapist_sex="female",
        home_visit=True,
        home_position=[40.7, 40.7],
        patient__language="es",
    )
    therapist.post(f"/{referral['id']}/accept")
    assert told(house, referral) == {
        "conditions": ["M54", "I89"],
        "contraindications": ["lymphedema"],
        "born_on": "1979-10-05",
        "language": "es",
        "therapist_sex": "female",
        "latitude": 40.7,
        "longitude": 40.7,
        "avoid": [],
        "permitted_if": [],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contraindications", ["no_such_code"]),
        ("contraindications", ["Open wound"]),
        ("contraindications", "fever"),
        ("contraindications", [1]),
        ("home_position", [91, 0]),
        ("home_position", [0, 181]),
        ("home_position", [40.7]),
        ("home_position", ["40.7", "-74"]),
        ("home_position", [True, False]),
        ("home_position", {"lat": 1, "lon": 2}),
        ("therapist_sex", "any"),
    ],
)
def test_what_is_not_understood_is_refused(desk: Caller, field: str, value: Any) -> None:
    answer = desk.post("", a_referral(**{field: value}))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])


def test_a_health_record_may_flag_a_contraindication(desk: Caller, therapist: Caller) -> None:
    bundle = a_bundle()
    request = next(one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "ServiceRequest")
    system = "https://fascia.example/fhir/CodeSystem/contraindication"
    flag = {
        "resourceType": "Flag",
        "id": "flagged",
        "status": "active",
        "code": {"coding": [{"system": system, "code": "anticoagulants"}], "text": "On warfarin"},
        "subject": request["subject"],
    }
    bundle["entry"].append({"resource": flag, "fullUrl": "urn:uuid:5a5d6c1e-6f0c-4e47-8a8f-0c9c8f1a2b3c"})
    request.setdefault("supportingInfo", []).append({"reference": bundle["entry"][-1]["fullUrl"]})
    answer = desk.post_fhir(bundle)
    assert answer.status_code == 201, answer.text
    shown = desk.get(f"/{answer.json['id']}").json
    assert (shown["contraindications"], shown["precautions"][-1]) == (["anticoagulants"], "On warfarin")


def test_findings_are_the_therapists(desk: Caller, physician: Caller) -> None:
    referral = received(desk)
    assert desk.get(f"/{referral['id']}/findings").status_code == 403
    assert physician.get(f"/{referral['id']}/findings").status_code == 403


def test_no_finding_is_in_the_database_or_in_a_log(
    house: House, desk: Caller, therapist: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    referral = received(desk, contraindications=["severe_thrombocytopenia", "varicose_veins"])
    therapist.get(f"/{referral['id']}/findings")
    therapist.post(f"/{referral['id']}/accept")
    therapist.post(f"/{referral['id']}/accept", {"resolved": ["severe_thrombocytopenia"]})
    tables = [row[0] for row in house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    kept = "\n".join(str(tuple(row)) for table in tables for row in house.rows(f"SELECT t::text FROM {table} t"))
    kept += "".join(capfd.readouterr())
    assert "changes.accept" in kept
    assert [word for word in ("thrombocytopenia", "varicose", "platelets") if word in kept] == []
