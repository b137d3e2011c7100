"""Referrals that come in with gaps: what is missing is asked for, not guessed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_referral, today, without

GAPS = ["diagnoses", "visits", "session_minutes", "issued_on"]


def incomplete(caller: Caller, document: dict[str, Any]) -> Any:
    return caller.post("?incomplete=true", document)


def with_gaps(*fields: str, **changes: Any) -> dict[str, Any]:
    document = a_referral(**changes)
    for field in fields:
        document = without(document, *field.split("."))
    return document


def tasks(house: House, referral: dict[str, Any]) -> list[dict[str, Any]]:
    return house.told("referral_stalled", referral_id=referral["id"], about="needs_information")


def test_a_referral_with_gaps_waits_for_information_and_the_desk_is_told(house: House, desk: Caller) -> None:
    answer = incomplete(desk, with_gaps("visits", "frequency"))
    assert (answer.status_code, answer.json["status"], answer.json["business_status"]) == (
        201,
        "needs_information",
        "2.0",
    )
    assert answer.json["missing"] == ["visits", "frequency.visits"]
    assert [task["task_id"] for task in tasks(house, answer.json)] == [answer.json["id"]]
    assert house.told("referral_received", referral_id=answer.json["id"]) == []


@pytest.mark.parametrize(
    ("document", "missing"),
    [
        (with_gaps("diagnoses"), ["diagnoses"]),
        (a_referral(diagnoses=[]), ["diagnoses"]),
        (a_referral(visits=None), ["visits"]),
        (a_referral(frequency=None), ["frequency.visits"]),
        (a_referral(frequency={"visits": 2, "per_days": None}), ["frequency.per_days"]),
        (a_referral(session_minutes=None), ["session_minutes"]),
        (with_gaps("issued_on"), ["issued_on"]),
        (a_referral(patient__phone=None, patient__email=None), ["patient.phone"]),
        (a_referral(patient__phone=None), []),
        (a_referral(), []),
    ],
)
def test_what_is_missing_is_named(desk: Caller, document: dict[str, Any], missing: list[str]) -> None:
    answer = incomplete(desk, document)
    assert answer.status_code == 201, answer.text
    assert answer.json["missing"] == missing
    assert answer.json["status"] == ("needs_information" if missing else "received")


@pytest.mark.parametrize("field", ["patient", "patient.name", "patient.born_on", "physician", "physician.npi"])
def test_the_least_is_who_it_is_about_and_who_says_so(house: House, desk: Caller, field: str) -> None:
    before = house.counts()
    answer = incomplete(desk, with_gaps(field))
    assert answer.status_code == 422
    assert house.counts() == before


@pytest.mark.parametrize(
    "wrong",
    [{"visits": 0}, {"session_minutes": 20}, {"diagnoses": ["XX"]}, {"frequency": {"visits": 9}}, {"visits": "8"}],
)
def test_what_is_wrong_is_not_a_gap(house: House, desk: Caller, wrong: dict[str, Any]) -> None:
    before = house.counts()
    answer = incomplete(desk, a_referral(issued_on=None, **wrong))
    assert (answer.status_code, list(answer.json["errors"])) == (422, list(wrong))
    assert house.counts() == before


def test_without_being_asked_for_a_referral_with_gaps_is_refused(desk: Caller) -> None:
    assert desk.post("", with_gaps("visits")).status_code == 422


def test_what_was_missing_is_filled_in_step_by_step_until_it_can_be_reviewed(house: House, desk: Caller) -> None:
    made = incomplete(desk, with_gaps(*GAPS)).json
    first = desk.patch(f"/{made['id']}", {"diagnoses": ["M54.50"], "visits": 6})
    assert (first.json["status"], first.json["missing"]) == ("needs_information", ["session_minutes", "issued_on"])
    last = desk.patch(f"/{made['id']}", {"session_minutes": 30, "issued_on": today().isoformat()})
    assert (last.status_code, last.json["status"], last.json["missing"]) == (200, "received", [])
    assert last.json.items() >= {"diagnoses": ["M54.50"], "visits": 6, "session_minutes": 30, "version": 3}.items()
    assert last.json["valid_until"] > last.json["issued_on"]
    [received] = house.told("referral_received", referral_id=made["id"])
    assert received["version"] == 3
    [settled] = house.told("referral_resumed", referral_id=made["id"])
    assert settled["task_id"] == tasks(house, made)[0]["task_id"]


def test_filled_in_or_sent_whole_makes_the_same_referral(desk: Caller, therapist: Caller) -> None:
    whole = a_referral(goals=["Sleep through"], start_by=today().isoformat(), pressure_ceiling=3)
    gaps = {name: whole[name] for name in (*GAPS, "frequency")}
    other = {**without(without(whole, "placer"), "patient"), "patient": {**whole["patient"], "name": "Ada Brandt"}}
    sent = desk.post("", whole).json
    made = incomplete(desk, {name: value for name, value in other.items() if name not in gaps}).json
    filled = desk.patch(f"/{made['id']}", gaps).json
    same = set(sent) - {"id", "reference", "version", "received_at", "patient_id", "patient", "placer"}
    assert {name: filled[name] for name in same} == {name: sent[name] for name in same}


def test_a_phone_that_was_missing_becomes_the_patients(house: House, desk: Caller) -> None:
    made = incomplete(desk, a_referral(patient__phone=None, patient__email=None)).json
    filled = desk.patch(f"/{made['id']}", {"patient": {"phone": "(415) 555-0188"}}).json
    assert (filled["status"], filled["patient"]["phone"]) == ("received", "+14155550188")
    assert house.running.seal.open(house.events(made["patient_id"])[-1][1]["phone"]) == "+14155550188"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"patient": {"name": "Somebody Else"}}, "patient"),
        ({"patient": "Somebody Else"}, "patient"),
        ({"physician": {"npi": "1932104098"}}, "physician"),
        ({"placer": {"number": "other"}}, "placer"),
        ({"visits": 99}, "visits"),
        ({"unheard_of": 1}, "unheard_of"),
    ],
)
def test_what_a_referral_came_with_stays_and_what_is_filled_in_follows_the_rules(
    house: House, desk: Caller, more: dict[str, Any], field: str
) -> None:
    made = incomplete(desk, with_gaps("visits")).json
    before = house.counts()
    answer = desk.patch(f"/{made['id']}", more)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert house.counts() == before


def test_a_referral_without_gaps_is_amended_not_filled_in(desk: Caller) -> None:
    made = desk.post("", a_referral()).json
    answer = desk.patch(f"/{made['id']}", {"visits": 9})
    assert (answer.status_code, answer.json["code"]) == (409, "nothing_missing")


def test_only_the_office_that_sent_it_and_the_practice_fill_it_in(house: House, physician: Caller) -> None:
    made = incomplete(physician, with_gaps("visits")).json
    assert house.caller("physician", "another office").patch(f"/{made['id']}", {"visits": 6}).status_code == 404
    assert house.caller("service").patch(f"/{made['id']}", {"visits": 6}).status_code == 403
    assert physician.patch(f"/{made['id']}", {"visits": 6}).json["status"] == "received"


def test_sent_again_with_what_was_missing_it_is_complete(house: House, physician: Caller) -> None:
    document = a_referral()
    made = incomplete(physician, without(document, "visits")).json
    again = physician.post("", document)
    assert (again.status_code, again.json["id"], again.json["status"]) == (200, made["id"], "received")
    assert physician.post("", document).json["version"] == again.json["version"]
    assert len(house.told("referral_received", referral_id=made["id"])) == 1


def test_nobody_else_completes_it_by_its_number(house: House, physician: Caller) -> None:
    document = a_referral()
    made = incomplete(physician, without(document, "visits")).json
    other = house.caller("physician", "another office").post("", document)
    assert other.status_code == 201
    assert other.json["id"] != made["id"]
    changed = {**document, "patient": {**document["patient"], "name": "Somebody Else", "phone": "+14155550199"}}
    assert physician.post("", changed).json["code"] == "placer_number_reused"
    assert physician.get(f"/{made['id']}").json["status"] == "needs_information"


def test_filled_in_by_two_at_once_it_is_received_once(house: House, desk: Caller) -> None:
    made = incomplete(desk, with_gaps("visits")).json
    with ThreadPoolExecutor(6) as crowd:
        answers = list(
            crowd.map(lambda visits: house.caller("desk").patch(f"/{made['id']}", {"visits": visits}), range(3, 9))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert len(house.told("referral_received", referral_id=made["id"])) == 1


def test_a_referral_with_gaps_is_not_reviewed(therapist: Caller, desk: Caller) -> None:
    made = incomplete(desk, with_gaps("visits")).json
    answer = therapist.post(f"/{made['id']}/accept")
    assert (answer.status_code, answer.json["errors"]) == (409, {"status": "needs_information"})
