"""What a referral covers, and when it is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest

from services.referrals.course import coverage
from services.referrals.course.stages import WAITING, Stage

TODAY = date(2027, 3, 10)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize("stage", get_args(Stage))
def test_only_what_waits_expires(stage: Stage) -> None:
    lapsed = coverage.lapsed(stage, YESTERDAY, None, 0, TODAY)
    assert lapsed == ("valid_until" if stage in WAITING else None)


@pytest.mark.parametrize(
    ("valid_until", "start_by", "kept", "lapsed"),
    [
        (TODAY, None, 0, None),
        (YESTERDAY, None, 0, "valid_until"),
        (YESTERDAY, None, 3, "valid_until"),
        (TOMORROW, TODAY, 0, None),
        (TOMORROW, YESTERDAY, 0, "start_by"),
        (TOMORROW, YESTERDAY, 1, None),
        (None, None, 0, None),
        (None, YESTERDAY, 0, "start_by"),
    ],
)
def test_the_last_day_is_still_covered_and_a_visit_that_took_place_was_in_time(
    valid_until: date | None, start_by: date | None, kept: int, lapsed: str | None
) -> None:
    assert coverage.lapsed("accepted", valid_until, start_by, kept, TODAY) == lapsed


def test_booked_kept_and_forfeited_visits_are_spent_and_returned_ones_are_not() -> None:
    visits = [
        ("booked", None), ("confirmed", None), ("arrived", None), ("completed", None),
        ("cancelled", "returned"), ("cancelled", "forfeited"), ("missed", "returned"), ("missed", "forfeited"),
    ]  # fmt: skip
    assert coverage.spent(visits) == 6


@pytest.mark.parametrize(
    ("policy", "covered", "used", "renewed", "more"),
    [
        ("lapse", 8, 3, 6, 0),
        ("carry_over", 8, 3, 6, 5),
        ("carry_over", 8, 8, 6, 0),
        ("carry_over", 8, 9, 6, 0),
        ("carry_over", 60, 0, 58, 2),
    ],
)
def test_what_is_left_lapses_or_is_carried_over(
    policy: coverage.Unused, covered: int, used: int, renewed: int, more: int
) -> None:
    assert coverage.carried(policy, covered, used, renewed, 60) == more


@pytest.mark.parametrize(("visits", "minutes", "units"), [(8, 45, 24), (6, 30, 12), (1, 15, 1)])
def test_units_follow_the_eight_minute_rule(visits: int, minutes: int, units: int) -> None:
    assert coverage.total_units(visits, minutes) == units


@pytest.mark.parametrize(
    ("visits", "often", "days", "weeks"), [(8, 2, 7, 4), (1, 1, 7, 1), (9, 2, 7, 5), (6, 1, 14, 11)]
)
def test_how_many_weeks_the_visits_take(visits: int, often: int, days: int, weeks: int) -> None:
    assert coverage.weeks(visits, often, days) == weeks
