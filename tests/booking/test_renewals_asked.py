"""A renewal is asked for once for each reason and version of the order, by whoever notices first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from services.booking.orders.renew import advise_renewals
from services.contracts.booking import RenewalAdvised
from tests.booking.conftest import House
from tests.booking.practice_day import NEW_YORK
from tests.booking.test_order_changes import amend, end, receive, take, the_order
from tests.booking.test_races import together
from tests.booking.test_series import visit

NOTE = {"pain_before": 7, "pain_after": 5, "pressure": 2, "techniques": ["swedish"], "note": ""}


@pytest.fixture
def booked(house: House) -> list[str]:
    """Three visits under an order of three; nothing else is in the outbox."""
    house.load()
    receive(house, take(1, visits=3))
    answer = house.book(the_order(house)["id"], *(visit(house, f"03-{day} 09:00") for day in ("02", "04", "09")))
    assert answer.status_code == 201, answer.text
    house.rows("DELETE FROM outbox RETURNING 1")
    return [one["id"] for one in (answer.json or {})["sessions"]]


def advised(house: House) -> list[RenewalAdvised]:
    return [event for event in house.announced() if isinstance(event, RenewalAdvised)]


def complete(house: House, session_id: str, day: int, **note: Any) -> None:
    house.move_to(datetime(2027, 3, day, 10, tzinfo=NEW_YORK))
    answer = house.ask("POST", f"/sessions/{session_id}/complete", {**NOTE, **note}, role="therapist")
    assert answer.status_code == 200, answer.text


def look(house: House) -> None:
    advise_renewals(house.running)


def test_with_two_visits_to_go_the_physician_is_asked_in_the_transaction_of_the_act(
    house: House, booked: list[str]
) -> None:
    look(house)
    assert advised(house) == []
    complete(house, booked[0], 2)
    (event,) = advised(house)
    assert (event.reason, event.remaining, event.valid_until) == ("few_visits", 0, date(2027, 5, 15))
    assert (str(event.order_id), event.version) == (the_order(house)["id"], 1)
    complete(house, booked[1], 4)
    look(house)
    assert len(advised(house)) == 1


def test_an_amended_order_that_has_few_visits_left_is_asked_about_again(house: House, booked: list[str]) -> None:
    complete(house, booked[0], 2)
    receive(house, amend(2, visits=2))
    look(house)
    assert [event.version for event in advised(house)] == [1, 2]
    receive(house, amend(3, visits=8))
    look(house)
    assert len(advised(house)) == 2


def test_a_week_before_its_end_an_order_is_asked_about_by_the_timer(house: House, booked: list[str]) -> None:
    house.move_to(datetime(2027, 5, 7, 23, 59, tzinfo=NEW_YORK))
    look(house)
    assert advised(house) == []
    house.move_to(datetime(2027, 5, 8, 0, 1, tzinfo=NEW_YORK))
    look(house)
    look(house)
    assert [event.reason for event in advised(house)] == ["ends_soon"]


def test_an_order_that_ended_or_is_over_is_not_asked_about(house: House, booked: list[str]) -> None:
    house.move_to(datetime(2027, 5, 16, 0, 1, tzinfo=NEW_YORK))
    look(house)
    assert advised(house) == []
    house.move_to(datetime(2027, 5, 14, tzinfo=NEW_YORK))
    receive(house, end(2, "closed"))
    look(house)
    assert advised(house) == []


def test_a_patient_who_is_to_be_discharged_needs_no_renewal(house: House, booked: list[str]) -> None:
    complete(house, booked[0], 2)
    house.rows("UPDATE session_notes SET follow_up = 'discharge' RETURNING 1")
    house.rows("DELETE FROM renewals RETURNING 1")
    house.rows("DELETE FROM outbox RETURNING 1")
    look(house)
    assert advised(house) == []
    house.rows("UPDATE session_notes SET follow_up = 'continue' RETURNING 1")
    look(house)
    assert len(advised(house)) == 1


def test_many_workers_ask_once(house: House, booked: list[str]) -> None:
    house.move_to(datetime(2027, 5, 10, tzinfo=NEW_YORK))
    together([lambda: look(house)] * 6)
    assert len(advised(house)) == 1
    assert house.rows("SELECT count(*) FROM audit WHERE act = 'renewal_advised'") == [(1,)]


def test_every_order_is_looked_at_however_many_there_are(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.booking.orders.renew.AT_A_TIME", 2)
    house.load()
    for _ in range(5):
        house.order(valid_until=date(2027, 3, 3))
    look(house)
    assert len(advised(house)) == 5
