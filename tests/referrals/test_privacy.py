"""What a copy of the database, an error, an event or a log line tells about a person: nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_bundle, a_referral, resource

PERSONAL = {
    "patient__name": "Canaria Birdsong",
    "patient__phone": "+12025550111",
    "patient__email": "canary@mail.example",
    "patient__born_on": "1968-12-24",
    "physician__name": "Dr. Finch Warbler",
    "physician__phone": "+12025550122",
    "physician__fax": "+12025550133",
    "physician__email": "finch@warbler.example",
    "physician__licence": "LIC-CANARY-7",
    "placer__number": "PLACER-CANARY-42",
    "diagnoses": ["G89.4"],
    "goals": ["canary goal"],
    "areas": ["canary area"],
    "precautions": ["canary precaution"],
    "instructions": ["canary instruction"],
    "payer": {"name": "Canary Mutual", "member_number": "MEMBER-CANARY", "claim_type": "motor_vehicle"},
}
CANARIES = (
    "canar",
    "birdsong",
    "finch",
    "warbler",
    "0255501",
    "1968-12-24",
    "g89.4",
    "member-",
    "motor_vehicle",
)


def everything_kept(house: House) -> str:
    """All columns of all tables, as text."""
    tables = [row[0] for row in house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return "\n".join(str(tuple(row)) for table in tables for row in house.rows(f"SELECT t::text FROM {table} t"))


def test_the_database_tells_nothing_about_a_person(house: House, desk: Caller, therapist: Caller) -> None:
    accepted, declined = desk.post("", a_referral(**PERSONAL)).json, desk.post("", a_referral()).json
    changed = {**a_referral(**PERSONAL)["patient"], "email": "canary@new.example"}
    desk.post("", a_referral(patient=changed))
    therapist.post(f"/{accepted['id']}/accept", {"pressure_ceiling": 2})
    therapist.post(f"/{declined['id']}/decline", {"reason": "canary reason"})
    desk.get(f"/{accepted['id']}")
    kept = everything_kept(house).lower()
    assert accepted["reference"].lower() in kept
    assert [canary for canary in CANARIES if canary in kept] == []
    assert desk.get(f"/{accepted['id']}").json["patient"]["name"] == "Canaria Birdsong"


@pytest.mark.parametrize("broken", ["", "+1"])
def test_an_error_never_repeats_what_was_sent(desk: Caller, broken: str) -> None:
    wrong = a_referral(**PERSONAL, physician__npi="canary", session_minutes=20, issued_on="canary")
    wrong["patient"].update(phone="0255501" + broken, email="canary", language="canary", born_on="canary")
    wrong["diagnoses"], wrong["updates"] = ["canary"], "canary"
    said = desk.post("", wrong).get_data(as_text=True).lower()
    assert "session" in said
    assert [canary for canary in CANARIES if canary in said] == []


def spoil(value: Any) -> Any:
    """Every text in a resource replaced by a canary, except those that say what it is."""
    if isinstance(value, dict):
        kept = ("resourceType", "system", "url", "reference", "fullUrl", "type")
        return {name: inner if name in kept else spoil(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoil(inner) for inner in value]
    return "Canaria Birdsong" if isinstance(value, str) else value


@pytest.mark.parametrize("kind", ["Patient", "Practitioner", "Consent", "ServiceRequest", "Coverage"])
def test_an_operation_outcome_never_repeats_what_was_sent(desk: Caller, kind: str) -> None:
    bundle = a_bundle()
    found = resource(bundle, kind)
    found.update(spoil(found))
    answer = desk.post_fhir({**bundle, "Canaria Birdsong": 1})
    assert answer.status_code == 422
    assert "canar" not in json.dumps(answer.json).lower()


def test_a_log_line_tells_nothing_about_a_person(desk: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    desk.post("", a_referral(**{**PERSONAL, "placer__number": "another"}))
    desk.post("", a_referral(**PERSONAL, visits="canary"))
    written = "".join(capfd.readouterr()).lower()
    assert "referrals.take_in" in written
    assert [canary for canary in CANARIES if canary in written] == []


def test_a_hash_tells_nothing_without_its_key(house: House, desk: Caller) -> None:
    desk.post("", a_referral(**{**PERSONAL, "placer__number": "hashed"}))
    keys = [row[0] for row in house.rows("SELECT key FROM patient_keys UNION SELECT key FROM placer_numbers")]
    assert all(len(key) == 64 for key in keys)
