"""The therapist's review."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy

from tests.referrals.house import Caller, House, a_referral, today


@pytest.fixture
def waiting(desk: Caller) -> dict[str, Any]:
    made: dict[str, Any] = desk.post("", a_referral(pressure_ceiling=3, techniques=["myofascial_release"])).json
    return made


def test_an_accepted_referral_tells_booking_its_terms(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    answer = therapist.post(f"/{waiting['id']}/accept")
    assert (answer.status_code, answer.json["status"], answer.json["business_status"]) == (200, "accepted", "3.0")
    _, (kind, data) = house.events(waiting["id"])
    assert (kind, data["version"]) == ("referrals.referral_accepted", 2)
    assert data["terms"] == {
        "visits": 8,
        "cadence_visits": 2,
        "cadence_days": 7,
        "session_minutes": 45,
        "issued_on": today().isoformat(),
        "start_by": None,
        "valid_until": waiting["valid_until"],
        "techniques": ["myofascial_release"],
        "home_visit": False,
        "earliest_on": None,
        "equipment": [],
    }
    assert house.running.seal.open(data["pressure_ceiling"]) == "3"


def test_the_therapist_may_lower_the_pressure_ceiling(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    answer = therapist.post(f"/{waiting['id']}/accept", {"pressure_ceiling": 2})
    assert (answer.json["pressure_ceiling"], answer.json["physician_pressure_ceiling"]) == (2, 3)
    _, (_, data) = house.events(waiting["id"])
    assert house.running.seal.open(data["pressure_ceiling"]) == "2"


def test_the_therapist_may_not_raise_it(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    before = house.counts()
    answer = therapist.post(f"/{waiting['id']}/accept", {"pressure_ceiling": 4})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["pressure_ceiling"])
    assert house.counts() == before


@pytest.mark.parametrize("body", [{"visits": 20}, {"pressure_ceiling": 0}, {"pressure_ceiling": "2"}, []])
def test_a_review_can_change_nothing_else(therapist: Caller, waiting: dict[str, Any], body: Any) -> None:
    assert therapist.post(f"/{waiting['id']}/accept", body).status_code == 422


def test_a_declined_referral_keeps_its_reason_here(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    answer = therapist.post(f"/{waiting['id']}/decline", {"reason": "Fever since yesterday"})
    assert (answer.json["status"], answer.json["decline_reason"]) == ("declined", "Fever since yesterday")
    _, (kind, data) = house.events(waiting["id"])
    assert (kind, data["version"]) == ("referrals.referral_declined", 2)
    assert "Fever" not in str(house.rows("SELECT body FROM outbox")) + str(house.rows("SELECT * FROM referrals"))


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": None}])
def test_a_decline_needs_a_reason(therapist: Caller, waiting: dict[str, Any], body: dict[str, Any]) -> None:
    answer = therapist.post(f"/{waiting['id']}/decline", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["reason"])


@pytest.mark.parametrize("first", ["accept", "decline"])
@pytest.mark.parametrize("second", ["accept", "decline"])
def test_a_referral_is_reviewed_once(
    house: House, therapist: Caller, waiting: dict[str, Any], first: str, second: str
) -> None:
    bodies = {"accept": {}, "decline": {"reason": "No"}}
    reached = therapist.post(f"/{waiting['id']}/{first}", bodies[first]).json["status"]
    before = house.counts()
    answer = therapist.post(f"/{waiting['id']}/{second}", bodies[second])
    assert (answer.status_code, answer.json["code"]) == (409, "already_reviewed")
    assert answer.json["errors"] == {"status": reached}
    assert house.counts() == before


def test_of_two_reviews_at_the_same_time_one_wins(house: House, waiting: dict[str, Any]) -> None:
    acts = [("accept", {}), ("decline", {"reason": "No"})] * 4
    with ThreadPoolExecutor(8) as crowd:
        answers = list(
            crowd.map(lambda act: house.caller("therapist").post(f"/{waiting['id']}/{act[0]}", act[1]), acts)
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert len(house.events(waiting["id"])) == 2


def test_a_referral_that_expired_while_waiting_cannot_be_accepted(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    with house.running.engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE referrals SET valid_until = '2020-01-31' WHERE id = :id"), {"id": waiting["id"]}
        )
    answer = therapist.post(f"/{waiting['id']}/accept")
    assert (answer.status_code, answer.json["code"]) == (409, "referral_expired")
    assert therapist.post(f"/{waiting['id']}/decline", {"reason": "Expired"}).status_code == 200


def test_an_unknown_referral_cannot_be_reviewed(therapist: Caller) -> None:
    unknown = "01990000-0000-7000-8000-000000000000"
    assert therapist.post(f"/{unknown}/accept").status_code == 404


def test_a_review_is_in_the_audit_trail_with_its_reviewer(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    acts = house.rows("SELECT act, actor FROM audit WHERE object_id = :id ORDER BY id", id=waiting["id"])
    assert [tuple(act) for act in acts] == [("referral_received", "tester"), ("referral_accepted", "therapist-7")]
