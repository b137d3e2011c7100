"""What a referral covers, and when it is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.referrals import OrderTerms
from services.referrals.course import coverage
from services.referrals.course.stages import WAITING, Stage
from services.referrals.intake.rules import Calendar

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


def terms(**changes: Any) -> OrderTerms:
    known: dict[str, Any] = {
        "visits": 8, "cadence_visits": 2, "cadence_days": 7, "session_minutes": 45, "issued_on": TODAY,
        "valid_until": TODAY + timedelta(days=90),
    }  # fmt: skip
    return OrderTerms(**{**known, **changes})


@pytest.mark.parametrize(
    ("days", "often", "per_days", "most"),
    [
        (0, 2, 7, 0), (-3, 2, 7, 0), (1, 2, 7, 1), (2, 2, 7, 2), (7, 2, 7, 2), (8, 2, 7, 3), (9, 2, 7, 4),
        (23, 2, 7, 8), (22, 2, 7, 7), (28, 1, 14, 2), (29, 1, 14, 3), (5, 7, 7, 5), (1, 1, 1, 1),
    ],
)  # fmt: skip
def test_how_many_visits_fit_into_days(days: int, often: int, per_days: int, most: int) -> None:
    assert coverage.most_in(days, often, per_days) == most


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 5))
def test_as_many_fit_as_the_fullest_diary_holds(days: int, often: int, per_days: int) -> None:
    """Of all ways to choose the days, each tried."""
    often = min(often, per_days)
    diaries = (days_of for days_of in product((0, 1), repeat=days))
    allowed = (one for one in diaries if all(sum(one[day : day + per_days]) <= often for day in range(days)))
    assert coverage.most_in(days, often, per_days) == max(map(sum, allowed))


def test_both_the_first_and_the_last_day_count() -> None:
    assert coverage.fitting(TODAY, TODAY, 2, 7) == 1
    assert coverage.fitting(TODAY, TODAY + timedelta(days=22), 2, 7) == 8
    assert coverage.fitting(TODAY, TODAY + timedelta(days=21), 2, 7) == 7
    assert coverage.fitting(TODAY, YESTERDAY, 2, 7) == 0


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, ()),
        ({"start_by": TODAY}, ("starts_today",)),
        ({"start_by": TOMORROW}, ()),
        ({"valid_until": TODAY, "visits": 1}, ("starts_today",)),
        ({"valid_until": TOMORROW, "visits": 1}, ()),
        ({"valid_until": TOMORROW, "visits": 3}, ("visits_do_not_fit",)),
        ({"valid_until": TODAY}, ("starts_today", "visits_do_not_fit")),
        ({"valid_until": TODAY + timedelta(days=22)}, ()),
        ({"valid_until": TODAY + timedelta(days=21)}, ("visits_do_not_fit",)),
        ({"start_by": TODAY + timedelta(days=99), "valid_until": TODAY, "visits": 1}, ("starts_today",)),
    ],
)
def test_what_can_hardly_be_kept_is_named(changes: dict[str, Any], doubts: tuple[str, ...]) -> None:
    assert coverage.doubts(terms(**changes), TODAY) == doubts


@pytest.mark.parametrize(
    ("now", "zone", "today"),
    [
        ("2027-03-10T04:59:59+00:00", "America/New_York", "2027-03-09"),
        ("2027-03-10T05:00:00+00:00", "America/New_York", "2027-03-10"),
        ("2027-03-15T03:59:59+00:00", "America/New_York", "2027-03-14"),
        ("2027-03-15T04:00:00+00:00", "America/New_York", "2027-03-15"),
        ("2027-11-08T04:59:59+00:00", "America/New_York", "2027-11-07"),
        ("2027-11-08T05:00:00+00:00", "America/New_York", "2027-11-08"),
        ("2027-03-27T22:59:59+00:00", "Europe/Berlin", "2027-03-27"),
        ("2027-03-28T21:59:59+00:00", "Europe/Berlin", "2027-03-28"),
        ("2027-03-28T22:00:00+00:00", "Europe/Berlin", "2027-03-29"),
        ("2027-04-03T12:59:59+00:00", "Australia/Lord_Howe", "2027-04-03"),
        ("2027-04-04T13:29:59+00:00", "Australia/Lord_Howe", "2027-04-04"),
        ("2027-04-04T13:30:00+00:00", "Australia/Lord_Howe", "2027-04-05"),
    ],
)
def test_the_last_day_ends_at_midnight_of_the_practice_also_where_clocks_change(
    now: str, zone: str, today: str
) -> None:
    """With the instants of midnight on both sides of each change, worked out by hand from the offsets."""
    seen = Calendar.at(datetime.fromisoformat(now), ZoneInfo(zone), 90).today
    assert seen == date.fromisoformat(today)
    assert coverage.lapsed("accepted", seen, None, 0, seen) is None
    assert coverage.lapsed("accepted", seen - timedelta(days=1), None, 0, seen) == "valid_until"


@pytest.mark.parametrize(("first", "days", "last"), [("2027-03-14", 90, "2027-06-12"), ("2028-02-28", 1, "2028-02-29")])
def test_validity_is_counted_in_days_of_the_calendar(first: str, days: int, last: str) -> None:
    calendar = Calendar(date(2027, 1, 1), date(2027, 1, 1), days)
    assert calendar.end_of_validity(date.fromisoformat(first), None) == date.fromisoformat(last)
