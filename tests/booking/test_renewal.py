"""The physician is asked for a renewal in time, and once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.booking.orders.ledger import Ledger
from services.booking.orders.renewal import reasons
from services.booking.practice.policy import Policy

TODAY = date(2027, 3, 1)
POLICY = Policy()


def asked(granted: int, reserved: int, consumed: int, forfeited: int = 0, days: int = 60) -> tuple[str, ...]:
    return reasons(Ledger(granted, reserved, consumed, forfeited), TODAY + timedelta(days), TODAY, POLICY)


@pytest.mark.parametrize(
    ("consumed", "expected"), [(5, ()), (6, ("few_visits",)), (7, ("few_visits",)), (8, ("few_visits",))]
)
def test_with_two_visits_to_go_the_physician_is_asked_though_all_are_booked(
    consumed: int, expected: tuple[str, ...]
) -> None:
    assert asked(8, reserved=8 - consumed, consumed=consumed) == expected


def test_a_visit_that_was_forfeited_is_no_more_to_come_than_one_that_took_place() -> None:
    assert asked(8, reserved=2, consumed=5, forfeited=1) == ("few_visits",)


def test_an_order_of_two_visits_is_not_asked_about_before_the_first() -> None:
    assert asked(2, reserved=2, consumed=0) == ()
    assert asked(2, reserved=1, consumed=1) == ("few_visits",)


@pytest.mark.parametrize(("days", "expected"), [(8, ()), (7, ("ends_soon",)), (0, ("ends_soon",)), (-1, ())])
def test_a_week_before_the_last_day_the_physician_is_asked_and_not_after_it(
    days: int, expected: tuple[str, ...]
) -> None:
    assert asked(8, reserved=8, consumed=0, days=days) == expected


def test_an_order_that_is_used_up_does_not_end_soon() -> None:
    assert asked(8, reserved=0, consumed=8, days=3) == ("few_visits",)


def test_the_clinic_decides_how_early() -> None:
    sooner = Policy(warn_visits=4, warn_days=14)
    ledger = Ledger(8, reserved=4, consumed=4, forfeited=0)
    assert reasons(ledger, TODAY + timedelta(14), TODAY, sooner) == ("few_visits", "ends_soon")
