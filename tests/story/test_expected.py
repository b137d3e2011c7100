from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.local.story.expected import (
    Span,
    Spans,
    moves,
    of_a_series_that_goes_otherwise,
    of_a_stop,
    of_a_wrong_number,
    reminders,
)

ZONE = ZoneInfo("America/New_York")
BOOKED = datetime(2027, 3, 1, 10, tzinfo=ZONE)
LONG, SHORT = ("reminder_2880", "text"), ("reminder_120", "text")
LONG_MAIL, SHORT_MAIL = ("reminder_2880", "email"), ("reminder_120", "email")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In March."""
    return datetime(2027, 3, day, hour, minute, tzinfo=ZONE)


def series(visits: int) -> Spans:
    """From the 10th on, one visit each day at nine."""
    return {number: [Span(at(9 + number, 9), BOOKED)] for number in range(1, visits + 1)}


def reminded(*spans: Span, stopped: datetime | None = None) -> dict[tuple[str, str], int]:
    return dict(reminders({1: list(spans)}, ZONE, texts_until=stopped))


def test_a_visit_is_reminded_of_two_days_and_two_hours_before() -> None:
    assert reminded(Span(at(10, 9), BOOKED)) == {LONG: 1, SHORT: 1}


def test_a_time_that_came_up_a_day_before_is_reminded_of_once() -> None:
    assert reminded(Span(at(10, 9), since=at(9, 13))) == {SHORT: 1}
    assert reminded(Span(at(10, 9), since=at(10, 8, 1))) == {}


def test_a_time_that_was_given_up_is_not_reminded_of_any_more() -> None:
    moved_after_the_long_one = Span(at(10, 9), BOOKED, until=at(8, 9, 1))
    assert reminded(moved_after_the_long_one) == {LONG: 1}
    assert reminded(Span(at(10, 9), BOOKED, until=at(8, 8, 59))) == {}


def test_both_times_of_a_moved_visit_count_each_while_it_holds() -> None:
    before, after = Span(at(10, 9), BOOKED, until=at(8, 9, 1)), Span(at(15, 9), since=at(8, 9, 1))
    assert reminded(before, after) == {LONG: 2, SHORT: 1}


@pytest.mark.parametrize(("hour", "counted"), [(7, {LONG: 1, SHORT: 1}), (9, {LONG: 1, SHORT: 1})])
def test_no_text_goes_by_night(hour: int, counted: dict[tuple[str, str], int]) -> None:
    """For seven o'clock the short one goes at half past eight in the evening before, so it must be booked by then."""
    assert reminded(Span(at(10, hour), BOOKED)) == counted
    late = at(9, 20, 31)
    assert reminded(Span(at(10, hour), since=late)) == ({} if hour == 7 else {SHORT: 1})


def test_after_a_stop_the_same_goes_by_e_mail_at_any_hour() -> None:
    assert reminded(Span(at(10, 7), BOOKED), stopped=at(9, 0)) == {LONG: 1, SHORT_MAIL: 1}
    assert reminded(Span(at(10, 7), BOOKED), stopped=BOOKED) == {LONG_MAIL: 1, SHORT_MAIL: 1}


def test_two_visits_of_one_day_share_their_reminders() -> None:
    both = {1: [Span(at(10, 9), BOOKED)], 2: [Span(at(10, 15), BOOKED)]}
    assert dict(reminders(both, ZONE, texts_until=None)) == {LONG: 1, SHORT: 1}


def test_every_change_of_time_is_told() -> None:
    before, after = Span(at(10, 9), BOOKED, until=at(8, 9)), Span(at(15, 9), since=at(8, 9))
    assert moves(series(8)) == 0
    assert moves({**series(8), 3: [before, after]}) == 1


def test_who_wants_to_hear_of_every_visit_does_and_of_no_midpoint() -> None:
    should = of_a_series_that_goes_otherwise(series(8), ZONE).kinds
    assert (should["session_update", "email"], should["midpoint_report", "email"]) == (7, 0)
    assert (should["referral_accepted", "email"], should["closing_report", "email"]) == (0, 1)
    assert (should["aftercare", "text"], should["series_finished", "text"]) == (7, 1)
    assert (should[LONG], should[SHORT]) == (8, 8)


def test_two_physicians_of_one_referral_hear_each_as_they_asked() -> None:
    should = of_a_stop(series(4), ZONE, stopped_at=BOOKED + timedelta(hours=22)).kinds
    assert (should["referral_received", "email"], should["closing_report", "email"]) == (2, 2)
    assert (should["midpoint_report", "email"], should["series_booked", "email"]) == (1, 1)
    assert (should["invitation", "text"], should["series_confirmation", "text"]) == (1, 1)
    assert (should[LONG], should[SHORT], should[LONG_MAIL], should[SHORT_MAIL]) == (0, 0, 4, 4)


def test_a_wrong_number_fails_once_and_leaves_the_desk_a_task() -> None:
    cancelled = {1: [Span(at(10, 9), BOOKED, until=at(9, 13))]}
    should = of_a_wrong_number(cancelled, ZONE)
    assert (dict(should.failed), dict(should.tasks)) == ({("series_confirmation", "text"): 1}, {"address_wrong": 1})
    assert (should.kinds[LONG_MAIL], should.kinds[SHORT_MAIL], should.kinds["cancelled", "email"]) == (1, 0, 1)
    assert all(channel == "email" for _, channel in should.kinds)
