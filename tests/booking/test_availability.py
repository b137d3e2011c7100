"""Open and busy times, and what a plan asks the planner. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking import availability
from services.booking.availability import Busy, Wish, open_spans
from services.booking.ledger import Ledger
from services.booking.planning.parts import GapDays
from services.booking.planning.problem import Problem
from services.booking.planning.wallclock import EPOCH, Minutes, WallClock
from services.booking.practice import Closure, Opening, Practice, Therapist
from tests.booking.practice_day import MONDAY, NEW_YORK, TERMS

MORNINGS = tuple(Opening(weekday, time(9), time(13)) for weekday in range(5))
AMARA = Therapist(1, "Amara", 15, date(2029, 8, 31), frozenset({"swedish"}), MORNINGS)
UNTOUCHED = Ledger(8, 0, 0, 0)


def practice(**changes: Any) -> Practice:
    usual: dict[str, Any] = {
        "timezone": "America/New_York",
        "now": MONDAY.astimezone(UTC),
        "therapists": (AMARA,),
        "rooms": {5: "Willow"},
        "closures": (),
    }
    return Practice(**{**usual, **changes})


def days(first: str, last: str) -> Minutes:
    begin, end = ((date.fromisoformat(day) - EPOCH).days for day in (first, last))
    return np.arange(begin, end + 1, dtype=np.int64)


def problem(house: Practice, **terms: Any) -> Problem:
    order, wish = replace(TERMS, **terms), Wish()
    when = availability.period(house, order, UNTOUCHED, wish)
    return availability.problem(house, order, when, 8, 99, {}, wish)


def test_weekly_hours_come_again_each_week_and_not_at_the_weekend() -> None:
    spans = open_spans(AMARA, days("2027-03-04", "2027-03-09")).to_json()
    assert [begin for begin, _ in spans] == [
        "2027-03-08T09:00",
        "2027-03-09T09:00",
        "2027-03-04T09:00",
        "2027-03-05T09:00",
    ]


def test_nobody_is_open_while_the_clinic_is_closed() -> None:
    closed = practice(closures=(Closure(date(2027, 3, 2), date(2027, 3, 5)),))
    opens = {begin[:10] for begin, _ in problem(closed).therapists[0].open.to_json()}
    assert opens.isdisjoint({"2027-03-02", "2027-03-03", "2027-03-04", "2027-03-05"})
    assert {"2027-03-01", "2027-03-08"} <= opens


def test_a_therapist_is_open_until_the_day_the_licence_ends_and_not_after() -> None:
    leaving = replace(AMARA, licensed_until=date(2027, 3, 3))
    spans = open_spans(leaving, days("2027-03-01", "2027-03-12")).to_json()
    assert max(end for _, end in spans) == "2027-03-03T13:00"


def test_what_is_past_today_is_not_open_any_more() -> None:
    house = practice(now=datetime(2027, 3, 1, 10, 20, tzinfo=NEW_YORK))
    spans = problem(house).therapists[0].open.to_json()
    assert min(begin for begin, _ in spans) == "2027-03-01T10:21"


def test_a_plan_never_begins_before_today_nor_ends_after_the_order() -> None:
    wish = Wish(earliest=date(2020, 1, 1), latest=date(2030, 1, 1))
    when = availability.period(practice(), TERMS, UNTOUCHED, wish)
    assert (when.earliest, when.latest) == (date(2027, 3, 1), TERMS.valid_until)


def test_the_day_by_which_to_start_binds_only_until_a_visit_is_booked() -> None:
    terms = replace(TERMS, start_by=date(2027, 3, 20))
    assert availability.period(practice(), terms, UNTOUCHED, Wish()).first_by == date(2027, 3, 20)
    assert availability.period(practice(), terms, Ledger(8, 1, 0, 0), Wish()).first_by is None


@pytest.mark.parametrize(
    ("visits", "per_days", "gap"),
    [(1, 7, (4, 12)), (2, 7, (2, 6)), (3, 7, (1, 4)), (5, 7, (1, 3)), (7, 7, (1, 2)), (1, 14, (8, 23))],
)
def test_the_gap_between_visits_follows_the_rhythm_of_the_order(
    visits: int, per_days: int, gap: tuple[int, int]
) -> None:
    terms = replace(TERMS, cadence_visits=visits, cadence_days=per_days)
    assert availability.usual_gap(terms) == GapDays(*gap)


def test_only_therapists_who_know_the_techniques_and_are_licensed_may_treat() -> None:
    lapsed = replace(AMARA, id=2, licensed_until=date(2027, 2, 28))
    other = replace(AMARA, id=3, techniques=frozenset({"sports"}))
    house = practice(therapists=(AMARA, lapsed, other))
    assert [one.id for one in problem(house, techniques=("swedish",)).therapists] == [1]


def test_home_visits_need_no_room() -> None:
    assert problem(practice(), home_visit=True).rooms is None


AROUND_THE_CHANGES = st.sampled_from([datetime(2027, 3, 14, 4, tzinfo=UTC), datetime(2027, 11, 7, 3, tzinfo=UTC)])


@given(AROUND_THE_CHANGES, st.integers(0, 400), st.integers(1, 120))
def test_a_claim_is_busy_for_all_its_minutes_also_when_the_clocks_change(
    near: datetime, after: int, length: int
) -> None:
    begin = int(near.timestamp()) // 60 + after
    claims = {1: np.array([[begin, begin + length]], np.int64)}
    first, last = near.date() - timedelta(2), near.date() + timedelta(2)
    wall = Busy(NEW_YORK, claims, first, last).of(1).minutes
    (read_begin, read_end), *_ = WallClock(NEW_YORK, first, last).utc(wall).tolist()
    assert read_begin <= begin
    assert begin + length <= read_end
    assert (begin - read_begin) + (read_end - begin - length) <= 120


def test_away_from_the_changes_a_claim_is_busy_to_the_minute() -> None:
    begin = int(datetime(2027, 3, 9, 20, 5, tzinfo=UTC).timestamp()) // 60
    busy = Busy(NEW_YORK, {1: np.array([[begin, begin + 55]])}, date(2027, 3, 1), date(2027, 5, 1))
    assert busy.of(1).to_json() == [["2027-03-09T15:05", "2027-03-09T16:00"]]


def test_touching_hours_of_one_day_are_open_without_a_break() -> None:
    day = (Opening(0, time(9), time(12)), Opening(0, time(12), time(14)), Opening(0, time(15), time(18)))
    therapist = Therapist(1, "Amara", 0, date(2029, 1, 1), frozenset(), day)

    def is_open(begin: int, end: int) -> bool:
        return therapist.is_open(MONDAY.replace(hour=begin), MONDAY.replace(hour=end))

    assert is_open(11, 14)
    assert not is_open(13, 15)
    assert not is_open(8, 9)
    assert not is_open(17, 19)
