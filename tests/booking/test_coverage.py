"""What an order still covers when it was changed, and when its days are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.booking.orders.coverage import Booked, Why, proposal, uncovered
from services.booking.orders.ledger import Ledger
from tests.booking.practice_day import TERMS

NOW = datetime(2027, 3, 1, 13, tzinfo=UTC)
WEEKS = [uuid4() for _ in range(4)]


def booked(week: int, at_home: bool = False, minutes: int = 45) -> Booked:
    starts_at = datetime(2027, 3, 2, 14, tzinfo=UTC) + timedelta(weeks=week)
    return Booked(WEEKS[week], starts_at.date(), starts_at, starts_at + timedelta(minutes=minutes), at_home)


SERIES = [booked(week) for week in range(4)]


def whys(found: dict[UUID, str]) -> dict[int, str]:
    return {WEEKS.index(visit): why for visit, why in found.items()}


def ledger(granted: int, reserved: int = 4, consumed: int = 0, forfeited: int = 0) -> Ledger:
    return Ledger(granted, reserved, consumed, forfeited)


def test_a_series_within_its_order_is_covered() -> None:
    assert uncovered(SERIES, TERMS, ledger(4), NOW) == {}


def test_visits_after_the_last_day_are_not_covered_and_that_day_still_is() -> None:
    shorter = replace(TERMS, valid_until=date(2027, 3, 9))
    assert whys(uncovered(SERIES, shorter, ledger(8), NOW)) == {2: "too_late", 3: "too_late"}


def test_visits_before_the_first_day_are_not_covered() -> None:
    later = replace(TERMS, earliest_on=date(2027, 3, 9))
    assert whys(uncovered(SERIES, later, ledger(8), NOW)) == {0: "too_early"}


def test_the_earlier_visits_use_up_what_is_granted() -> None:
    assert whys(uncovered(SERIES[::-1], TERMS, ledger(2), NOW)) == {2: "too_many", 3: "too_many"}


def test_what_was_used_and_what_was_forfeited_is_not_granted_again() -> None:
    assert whys(uncovered(SERIES, TERMS, ledger(5, consumed=2, forfeited=1), NOW)) == {2: "too_many", 3: "too_many"}


def test_a_visit_of_another_length_is_not_covered() -> None:
    shorter = replace(TERMS, session_minutes=30)
    assert whys(uncovered(SERIES, shorter, ledger(8), NOW)) == dict.fromkeys(range(4), "length")
    assert whys(uncovered([booked(0, minutes=30), booked(1)], TERMS, ledger(8), NOW)) == {0: "length"}


def test_a_visit_in_a_room_is_not_covered_by_an_order_for_visits_at_home() -> None:
    visits = [booked(0), booked(1, at_home=True)]
    assert whys(uncovered(visits, replace(TERMS, home_visit=True), ledger(8), NOW)) == {0: "place"}
    assert whys(uncovered(visits, TERMS, ledger(8), NOW)) == {1: "place"}


def test_a_first_visit_that_is_later_than_asked_for_is_not_covered_unless_one_took_place() -> None:
    sooner = replace(TERMS, start_by=date(2027, 3, 1))
    assert whys(uncovered(SERIES, sooner, ledger(8), NOW)) == {0: "starts_late"}
    assert uncovered(SERIES, sooner, ledger(8, consumed=1), NOW) == {}


def test_nothing_that_begins_after_the_order_ended_is_covered() -> None:
    ended_at = SERIES[1].starts_at
    assert whys(uncovered(SERIES, TERMS, ledger(8), NOW, ended_at)) == {2: "order_ended", 3: "order_ended"}


def test_what_has_begun_is_not_listed_and_uses_up_the_order_all_the_same() -> None:
    nine = SERIES[1].starts_at
    assert whys(uncovered(SERIES, TERMS, ledger(2), nine)) == {2: "too_many", 3: "too_many"}
    later = replace(TERMS, earliest_on=date(2027, 3, 16))
    assert uncovered(SERIES, later, ledger(8), nine) == {}


@pytest.mark.parametrize(
    ("why", "ended", "can_move", "expected"),
    [
        ("too_late", None, True, "move"),
        ("too_late", None, False, "renewal"),
        ("too_many", None, False, "renewal"),
        ("order_ended", "expired", False, "renewal"),
        ("order_ended", "withdrawn", False, "cancel"),
        ("order_ended", "closed", False, "cancel"),
        ("length", None, False, "cancel"),
    ],
)
def test_the_proposal_is_what_keeps_most_of_the_treatment(
    why: Why, ended: str | None, can_move: bool, expected: str
) -> None:
    assert proposal(why, ended, can_move=can_move) == expected
