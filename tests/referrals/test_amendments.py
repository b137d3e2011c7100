"""The physician changes or withdraws what a referral authorises."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.referrals.house import Caller, House, a_referral, today


@pytest.fixture
def accepted(desk: Caller, therapist: Caller) -> dict[str, Any]:
    made = desk.post("", a_referral(pressure_ceiling=4, contraindications=["bruise"], patient__language="es")).json
    answer: dict[str, Any] = therapist.post(f"/{made['id']}/accept", {"pressure_ceiling": 3}).json
    return answer


def amend(desk: Caller, referral: dict[str, Any], **changes: Any) -> Any:
    return desk.post(f"/{referral['id']}/amend", changes)


def test_an_amendment_tells_the_whole_referral_as_it_is_now(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    until = (today() + timedelta(days=120)).isoformat()
    changes = {"visits": 12, "frequency": {"visits": 3}, "session_minutes": 30, "valid_until": until}
    answer = amend(desk, accepted, **changes, pressure_ceiling=2)
    assert answer.status_code == 200, answer.text
    assert answer.json.items() >= {"visits": 12, "session_minutes": 30, "valid_until": until, "version": 3}.items()
    kind, data = house.events(accepted["id"])[-1]
    assert (kind, data["version"]) == ("referrals.referral_amended", 3)
    terms = data["terms"]
    assert (terms["visits"], terms["cadence_visits"], terms["session_minutes"], terms["valid_until"]) == (
        12,
        3,
        30,
        until,
    )
    assert house.running.seal.open(data["pressure_ceiling"]) == "2"
    care = json.loads(house.running.seal.open(data["care"]))
    assert (care["contraindications"], care["language"]) == (["bruise"], "es")
    ((actor, facts),) = house.rows(
        "SELECT actor, facts FROM audit WHERE act = 'referral_amended' AND object_id = :id", id=accepted["id"]
    )
    assert facts["changed"] == ["visits", "session_minutes", "valid_until", "frequency", "pressure_ceiling"]
    assert actor == "tester"


def test_what_the_review_limited_stays_limited(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    answer = amend(desk, accepted, pressure_ceiling=5)
    assert (answer.json["pressure_ceiling"], answer.json["physician_pressure_ceiling"]) == (3, 5)
    assert house.running.seal.open(house.events(accepted["id"])[-1][1]["pressure_ceiling"]) == "3"


def test_an_amendment_that_changes_nothing_is_told_to_nobody(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    before = house.counts()
    answer = amend(desk, accepted, visits=8, frequency={"visits": 2, "per_days": 7}, pressure_ceiling=4)
    assert (answer.status_code, answer.json["version"]) == (200, accepted["version"])
    assert house.counts() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "_schema"),
        ({"visits": 0}, "visits"),
        ({"visits": "12"}, "visits"),
        ({"visits": None}, "visits"),
        ({"session_minutes": 20}, "session_minutes"),
        ({"frequency": {"visits": 9, "per_days": 7}}, "frequency"),
        ({"valid_until": "2020-01-31"}, "valid_until"),
        ({"pressure_ceiling": 6}, "pressure_ceiling"),
        ({"diagnoses": ["M54.50"]}, "diagnoses"),
    ],
)
def test_an_amendment_follows_the_rules_of_a_referral(
    house: House, desk: Caller, accepted: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    before = house.counts()
    answer = amend(desk, accepted, **changes)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    assert house.counts() == before


def test_only_an_accepted_referral_is_amended(desk: Caller, therapist: Caller) -> None:
    waiting = desk.post("", a_referral()).json
    assert amend(desk, waiting, visits=9).json["code"] == "not_accepted"
    therapist.post(f"/{waiting['id']}/decline", {"reason": "No"})
    answer = amend(desk, waiting, visits=9)
    assert (answer.status_code, answer.json["errors"]) == (409, {"status": "declined"})


def test_a_withdrawn_referral_is_over(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    answer = desk.post(f"/{accepted['id']}/withdraw")
    assert (answer.json["status"], answer.json["business_status"]) == ("withdrawn", "6.0")
    assert answer.json["ended_at"]
    kind, data = house.events(accepted["id"])[-1]
    assert (kind, data["how"], data["version"]) == ("referrals.referral_ended", "withdrawn", 3)
    assert amend(desk, accepted, visits=9).json["code"] == "not_accepted"


def test_withdrawing_again_changes_nothing(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(lambda _: house.caller("desk").post(f"/{accepted['id']}/withdraw"), range(4)))
    assert {(answer.status_code, answer.json["version"]) for answer in answers} == {(200, 3)}
    assert len(house.events(accepted["id"])) == 3


def test_a_referral_that_waits_can_be_withdrawn_and_is_not_reviewed_then(desk: Caller, therapist: Caller) -> None:
    waiting = desk.post("", a_referral()).json
    assert desk.post(f"/{waiting['id']}/withdraw").status_code == 200
    assert therapist.post(f"/{waiting['id']}/accept").json["code"] == "already_reviewed"


def test_a_declined_referral_cannot_be_withdrawn(desk: Caller, therapist: Caller) -> None:
    waiting = desk.post("", a_referral()).json
    therapist.post(f"/{waiting['id']}/decline", {"reason": "No"})
    answer = desk.post(f"/{waiting['id']}/withdraw")
    assert (answer.status_code, answer.json["code"]) == (409, "cannot_be_withdrawn")


def test_the_practice_enters_changes_not_the_physicians_office(physician: Caller, accepted: dict[str, Any]) -> None:
    assert amend(physician, accepted, visits=9).status_code == 403
    assert physician.post(f"/{accepted['id']}/withdraw").status_code == 403
