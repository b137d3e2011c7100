"""What a prescription may say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.referrals.intake import rules
from services.referrals.intake.rules import Calendar

TODAY = date(2027, 3, 10)
CALENDAR = Calendar(TODAY, TODAY, valid_days=90)
DAY = timedelta(days=1)


@pytest.mark.parametrize("minutes", [15, 30, 45])
def test_sessions_last_a_quarter_a_half_or_three_quarters_of_an_hour(minutes: int) -> None:
    assert rules.session_length(minutes) is None


@pytest.mark.parametrize("minutes", [0, 20, 44, 60, -15])
def test_any_other_length_of_session_is_refused(minutes: int) -> None:
    assert rules.session_length(minutes)


@pytest.mark.parametrize(("visits", "allowed"), [(0, False), (1, True), (60, True), (61, False)])
def test_a_referral_covers_one_to_sixty_visits(visits: int, allowed: bool) -> None:
    assert (rules.visit_count(visits) is None) is allowed


@pytest.mark.parametrize(("level", "allowed"), [(0, False), (1, True), (5, True), (6, False)])
def test_pressure_is_one_to_five(level: int, allowed: bool) -> None:
    assert (rules.pressure(level) is None) is allowed


@pytest.mark.parametrize(
    ("visits", "per_days", "allowed"),
    [(2, 7, True), (7, 7, True), (8, 7, False), (0, 7, False), (1, 0, False), (1, 29, False)],
)
def test_a_frequency_is_at_most_one_visit_a_day(visits: int, per_days: int, allowed: bool) -> None:
    assert (rules.frequency(visits, per_days) is None) is allowed


def test_a_referral_issued_today_is_in_time() -> None:
    assert rules.dates(TODAY, None, None, CALENDAR) == {}


def test_a_referral_cannot_be_issued_tomorrow() -> None:
    assert list(rules.dates(TODAY + DAY, None, None, CALENDAR)) == ["issued_on"]


def test_an_evening_referral_dated_in_utc_is_in_time() -> None:
    evening = datetime(2027, 3, 11, 2, 30, tzinfo=UTC)
    calendar = Calendar.at(evening, ZoneInfo("America/New_York"), 90)
    assert calendar.today == date(2027, 3, 10)
    assert rules.dates(date(2027, 3, 11), None, None, calendar) == {}
    assert rules.dates(date(2027, 3, 10), None, date(2027, 3, 10), calendar) == {}


def test_a_referral_holds_until_its_last_day_is_over() -> None:
    assert rules.dates(TODAY - DAY, None, TODAY, CALENDAR) == {}
    assert list(rules.dates(TODAY - 9 * DAY, None, TODAY - DAY, CALENDAR)) == ["valid_until"]


def test_a_referral_without_an_end_holds_for_the_configured_days() -> None:
    assert rules.dates(TODAY - 90 * DAY, None, None, CALENDAR) == {}
    assert list(rules.dates(TODAY - 91 * DAY, None, None, CALENDAR)) == ["issued_on"]
    assert CALENDAR.end_of_validity(TODAY, None) == TODAY + 90 * DAY


def test_an_end_that_is_given_counts_more_than_the_configured_days() -> None:
    assert rules.dates(TODAY - 200 * DAY, None, TODAY + DAY, CALENDAR) == {}
    assert CALENDAR.end_of_validity(TODAY, TODAY + DAY) == TODAY + DAY


def test_a_referral_cannot_end_before_it_was_issued() -> None:
    late = Calendar(TODAY, TODAY + DAY, 90)
    assert list(rules.dates(TODAY + DAY, None, TODAY, late)) == ["valid_until"]


@pytest.mark.parametrize("start_by", [TODAY - DAY, TODAY + 31 * DAY])
def test_the_first_visit_is_due_between_today_and_the_end(start_by: date) -> None:
    assert list(rules.dates(TODAY, start_by, TODAY + 30 * DAY, CALENDAR)) == ["start_by"]
    assert rules.dates(TODAY, TODAY + 30 * DAY, TODAY + 30 * DAY, CALENDAR) == {}


def test_the_first_visit_cannot_be_due_after_an_end_that_follows_from_the_date_of_issue() -> None:
    assert list(rules.dates(TODAY, TODAY + 91 * DAY, None, CALENDAR)) == ["start_by"]


def test_every_wrong_date_is_told_at_once() -> None:
    wrong = rules.dates(TODAY + DAY, TODAY - DAY, TODAY - DAY, CALENDAR)
    assert sorted(wrong) == ["issued_on", "start_by", "valid_until"]


@pytest.mark.parametrize("born_on", [date(1899, 12, 31), TODAY + DAY])
def test_nobody_is_born_in_the_future_or_before_1900(born_on: date) -> None:
    assert rules.birth(born_on, CALENDAR)
    assert rules.birth(TODAY, CALENDAR) is None


@pytest.mark.parametrize(
    ("physician", "therapist", "allowed"),
    [(3, 2, True), (3, 3, True), (3, 4, False), (3, None, True), (None, 5, True), (None, None, True)],
)
def test_the_review_is_stricter_than_the_physician_never_looser(
    physician: int | None, therapist: int | None, allowed: bool
) -> None:
    assert (rules.stricter_ceiling(physician, therapist) is None) is allowed
