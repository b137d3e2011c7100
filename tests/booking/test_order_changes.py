"""Orders that are amended, withdrawn, expired: what is told late or twice ends in the same."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from services.booking.orders.end_order import end_order
from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralAmended, ReferralEnded
from tests.booking.conftest import House
from tests.booking.practice_day import accepted
from tests.booking.test_series import visit

REFERRAL, PATIENT = uuid4(), uuid4()
CARE = {"conditions": ["M54", "S13", "M54"], "contraindications": ["dvt"], "language": "es"}


def told(version: int, **terms: Any) -> dict[str, Any]:
    first = accepted(version=version, **terms)
    return {
        "version": version,
        "referral_id": REFERRAL,
        "reference": first.reference,
        "patient_id": PATIENT,
        "physician_id": first.physician_id,
        "updates": "end",
    }


def take(version: int = 1, care: dict[str, Any] | None = None, **terms: Any) -> Event:
    first = accepted(version=version, **terms)
    return type(first)(
        **told(version),
        accepted_at=first.accepted_at,
        terms=first.terms,
        care=json.dumps(care) if care else None,
    )


def amend(version: int, care: dict[str, Any] | None = None, **terms: Any) -> Event:
    return ReferralAmended(
        **told(version),
        amended_at=datetime(2027, 3, 1, 12, version, tzinfo=UTC),
        terms=accepted(**terms).terms,
        care=json.dumps(care) if care else None,
    )


def end(version: int, how: Any = "withdrawn") -> Event:
    return ReferralEnded(**told(version), ended_at=datetime(2027, 3, 1, 13, version, tzinfo=UTC), how=how)


def receive(house: House, *events: Event) -> None:
    running = house.running

    def handle(session: Session, event: Any) -> None:
        if isinstance(event, ReferralEnded):
            end_order(session, running.outbox, event)
        else:
            take_order(session, running.outbox, vault(running), event)

    for event in events:
        house.receive(event, handle)
    assert house.rows("SELECT error FROM inbox WHERE state <> 'done'") == []


def the_order(house: House) -> dict[str, Any]:
    (order,) = house.get(f"/orders?referral_id={REFERRAL}")
    return dict(order)


def state(house: House) -> Any:
    return house.rows(
        "SELECT version, terms_version, visits, accepted_at, ended_how, ended_at FROM orders WHERE referral_id = :id",
        id=REFERRAL,
    )


STORIES = {
    "amended, then withdrawn": ([take(1), amend(2, visits=4), end(3)], (3, 2, 4, "withdrawn")),
    "ended, then in force again": ([take(1), end(2, "expired"), amend(3, visits=12)], (3, 3, 12, None)),
    "ended twice": ([take(1), end(2, "expired"), amend(3, visits=5), end(4, "closed")], (4, 3, 5, "closed")),
}


@pytest.mark.parametrize("story", STORIES)
def test_whatever_the_order_in_which_a_referral_is_told_of_it_ends_in_the_same(house: House, story: str) -> None:
    events, (version, terms_version, visits, how) = STORIES[story]
    for shuffled in itertools.permutations(events):
        house.rows("DELETE FROM orders RETURNING 1")
        house.rows("DELETE FROM endings RETURNING 1")
        receive(house, *shuffled, *shuffled[:2])
        ((*numbers, accepted_at, ended_how, ended_at),) = state(house)
        assert numbers == [version, terms_version, visits]
        assert accepted_at == datetime(2027, 2, 26, 15, tzinfo=UTC)
        assert ended_how == how
        assert ended_at == (datetime(2027, 3, 1, 13, version, tzinfo=UTC) if how else None)


def test_an_end_that_is_told_before_its_order_waits_for_it(house: House) -> None:
    receive(house, end(2))
    assert house.get(f"/orders?referral_id={REFERRAL}") == []
    receive(house, take(1))
    assert [row.ended_how for row in state(house)] == ["withdrawn"]


def test_what_a_patient_needs_is_kept_sealed_and_conditions_can_only_be_counted(house: House) -> None:
    receive(house, take(1, care=CARE, earliest_on=date(2027, 3, 8), equipment=("adjustable_table",)))
    ((care, keys, earliest_on, equipment),) = house.rows(
        "SELECT care, condition_keys, earliest_on, equipment FROM orders"
    )
    assert vault(house.running).open(care) == CARE
    assert (earliest_on, equipment) == (date(2027, 3, 8), ["adjustable_table"])
    assert len(keys) == 2
    everything = str(house.rows("SELECT * FROM orders")) + str(house.rows("SELECT * FROM audit"))
    assert not any(word in everything for word in ("M54", "S13", "dvt"))


def test_two_orders_for_the_same_condition_have_the_same_key(house: House) -> None:
    other = replace(accepted(), care=json.dumps({"conditions": ["M54"]}))
    receive(house, take(1, care=CARE), other)
    shared = "SELECT count(*) FROM orders a JOIN orders b ON a.id < b.id AND a.condition_keys && b.condition_keys"
    assert house.rows(shared) == [(1,)]


@pytest.mark.parametrize("how", ["withdrawn", "expired", "closed"])
def test_nothing_is_planned_or_booked_under_an_order_that_ended(house: House, how: str) -> None:
    house.load()
    receive(house, take(1), end(2, how))
    order_id = the_order(house)["id"]
    for answer in (house.plan(order_id), house.book(order_id, visit(house, "03-02 09:00"))):
        assert (answer.status_code, (answer.json or {})["code"]) == (409, "order_ended")
        assert (answer.json or {})["errors"]["how"] == how
    assert house.count("sessions") == 0


def test_the_audit_says_what_became_of_an_order(house: House) -> None:
    receive(house, take(1), amend(2, visits=4), end(3))
    assert house.rows("SELECT act FROM audit ORDER BY id") == [("order_taken",), ("order_amended",), ("order_ended",)]


def test_a_visit_restored_under_an_order_of_another_length_takes_as_long_as_it_did(house: House) -> None:
    house.load()
    receive(house, take(1, session_minutes=45))
    booked = house.book(the_order(house)["id"], visit(house, "03-02 09:00")).json or {}
    before = house.rows("SELECT resource_id, during FROM claims ORDER BY 1")
    session_id = booked["sessions"][0]["id"]
    assert house.ask("POST", f"/sessions/{session_id}/cancel", {"by": "clinic"}).status_code == 200
    receive(house, amend(2, session_minutes=30))
    assert house.ask("POST", f"/sessions/{session_id}/restore").status_code == 200
    assert house.rows("SELECT resource_id, during FROM claims ORDER BY 1") == before


def test_time_held_for_another_length_than_the_order_has_now_is_not_booked(house: House) -> None:
    house.load()
    receive(house, take(1, session_minutes=45))
    wanted = {"order_id": the_order(house)["id"], "visits": [visit(house, "03-02 09:00")]}
    held = house.ask("POST", "/holds", wanted, key="a-hold").json or {}
    receive(house, amend(2, session_minutes=30))
    answer = house.ask("POST", f"/holds/{held['hold_id']}/book")
    assert (answer.status_code, list((answer.json or {})["errors"]["visits"])) == (422, ["0"])
    receive(house, amend(3, session_minutes=45))
    assert house.ask("POST", f"/holds/{held['hold_id']}/book").status_code == 201
