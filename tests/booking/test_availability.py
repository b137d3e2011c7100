"""Open and busy times, and what a plan asks the planner. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.orders.ledger import Ledger
from services.booking.planning.parts import Before, GapDays
from services.booking.planning.problem import Problem
from services.booking.planning.spans import Spans
from services.booking.planning.wallclock import EPOCH, Minutes, WallClock
from services.booking.practice import availability
from services.booking.practice.availability import Busy, Wish
from services.booking.practice.location import Closure, Licence, Opening, Practice, Special, Therapist
from services.booking.practice.opening import is_open, open_spans
from services.booking.practice.policy import Policy
from tests.booking.practice_day import MONDAY, NEW_YORK, TERMS

MORNINGS = tuple(Opening(weekday, time(9), time(13)) for weekday in range(5))
LICENSED = (Licence("NY", date(2029, 8, 31)),)
AMARA = Therapist(1, "Amara", 15, LICENSED, frozenset({"swedish"}), MORNINGS)
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


def first_starts(spans: Spans) -> list[str]:
    return sorted(begin for begin, _ in spans.to_json())


def opens(therapist: Therapist, first: str, last: str) -> list[str]:
    return first_starts(open_spans(practice(), therapist, days(first, last)))


def problem(house: Practice, **terms: Any) -> Problem:
    order, wish = replace(TERMS, **terms), Wish()
    when = availability.period(house, order, UNTOUCHED, wish)
    return availability.problem(house, order, when, 8, 99, {}, wish)


def test_weekly_hours_come_again_each_week_and_not_at_the_weekend() -> None:
    assert opens(AMARA, "2027-03-04", "2027-03-09") == [
        "2027-03-04T09:00",
        "2027-03-05T09:00",
        "2027-03-08T09:00",
        "2027-03-09T09:00",
    ]


def test_special_hours_stand_in_for_the_weekly_ones_of_their_date() -> None:
    special = (Special(date(2027, 3, 4), time(15), time(19)), Special(date(2027, 3, 7), time(10), time(12)))
    amara = replace(AMARA, special=special)
    assert opens(amara, "2027-03-04", "2027-03-07") == ["2027-03-04T15:00", "2027-03-05T09:00", "2027-03-07T10:00"]


def test_a_special_date_without_hours_is_closed() -> None:
    amara = replace(AMARA, special=(Special(date(2027, 3, 4), time(0), time(0)),))
    assert opens(amara, "2027-03-03", "2027-03-05") == ["2027-03-03T09:00", "2027-03-05T09:00"]


def test_hours_at_another_location_are_none_here_but_count_for_visits_at_home() -> None:
    hours = (Opening(0, time(9), time(13), 1), Opening(1, time(9), time(13), 2))
    amara = replace(AMARA, openings=hours, special=(Special(date(2027, 3, 8), time(10), time(12), 2),))
    here, dates = practice(location=1), days("2027-03-01", "2027-03-08")
    assert first_starts(open_spans(here, amara, dates)) == ["2027-03-01T09:00"]
    at_home = ["2027-03-01T09:00", "2027-03-02T09:00", "2027-03-08T10:00"]
    assert first_starts(open_spans(here, amara, dates, at_home=True)) == at_home


def test_nobody_is_open_while_the_clinic_is_closed() -> None:
    closed = practice(closures=(Closure(date(2027, 3, 2), date(2027, 3, 5)),))
    dates = {begin[:10] for begin, _ in problem(closed).therapists[0].open.to_json()}
    assert dates.isdisjoint({"2027-03-02", "2027-03-03", "2027-03-04", "2027-03-05"})
    assert {"2027-03-01", "2027-03-08"} <= dates


def test_a_therapist_is_open_until_the_day_the_licence_ends_and_not_after() -> None:
    leaving = replace(AMARA, licences=(Licence("NY", date(2027, 3, 3)),))
    assert opens(leaving, "2027-03-01", "2027-03-12")[-1] == "2027-03-03T09:00"


def test_a_therapist_is_open_only_under_a_licence_of_the_locations_state() -> None:
    licences = (Licence("NY", date(2027, 3, 3)), Licence("CT", date(2029, 1, 1)))
    amara = replace(AMARA, licences=(*licences, Licence("NY", date(2028, 1, 1), date(2027, 3, 10))))
    in_new_york, dates = practice(state="NY"), days("2027-03-01", "2027-03-12")
    assert [start[:10] for start in first_starts(open_spans(in_new_york, amara, dates))] == [
        "2027-03-01",
        "2027-03-02",
        "2027-03-03",
        "2027-03-10",
        "2027-03-11",
        "2027-03-12",
    ]


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
    lapsed = replace(AMARA, id=2, licences=(Licence("NY", date(2027, 2, 28)),))
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
    therapist = Therapist(1, "Amara", 0, LICENSED, frozenset(), day)

    def between(begin: int, end: int) -> bool:
        return is_open(practice(), therapist, MONDAY.replace(hour=begin), MONDAY.replace(hour=end))

    assert between(11, 14)
    assert not between(13, 15)
    assert not between(8, 9)
    assert not between(17, 19)


def test_on_the_way_to_patients_and_back_nobody_is_open_for_visits() -> None:
    day = (Opening(0, time(9), time(12)), Opening(0, time(13), time(17)))
    therapist = replace(AMARA, openings=day)
    spans = open_spans(practice(), therapist, days("2027-03-01", "2027-03-01"), at_home=True, way=25).to_json()
    assert sorted(spans) == [["2027-03-01T09:25", "2027-03-01T12:00"], ["2027-03-01T13:00", "2027-03-01T16:35"]]
    hours = [MONDAY.replace(hour=hour, minute=minute) for hour, minute in ((9, 15), (10, 0), (9, 30), (10, 15))]
    assert not is_open(practice(), therapist, hours[0], hours[1], at_home=True, way=25)
    assert is_open(practice(), therapist, hours[2], hours[3], at_home=True, way=25)


def test_a_way_longer_than_the_day_leaves_no_hours() -> None:
    spans = open_spans(practice(), AMARA, days("2027-03-01", "2027-03-05"), at_home=True, way=200)
    assert len(spans) == 0


def test_nobody_is_open_on_a_public_holiday_unless_the_clinic_says_so() -> None:
    closed = Policy(holidays=True)
    memorial_day = replace(TERMS, valid_until=date(2027, 6, 30))

    def on_memorial_day(policy: Policy) -> bool:
        house = practice(policy=policy, now=datetime(2027, 5, 24, 8, tzinfo=NEW_YORK), state="NY")
        when = availability.period(house, memorial_day, UNTOUCHED, Wish())
        open_ = availability.problem(house, memorial_day, when, 8, 99, {}, Wish()).therapists[0].open
        return any(begin.startswith("2027-05-31") for begin, _ in open_.to_json())

    assert on_memorial_day(Policy())
    assert not on_memorial_day(closed)
    assert on_memorial_day(replace(closed, open_on_holidays=("Memorial Day",)))
    assert on_memorial_day(replace(closed, open_on_holidays=("2027-05-31",)))


def test_a_visit_needs_the_clinics_notice() -> None:
    house = practice(now=datetime(2027, 3, 1, 9, 20, tzinfo=NEW_YORK), policy=Policy(minimum_notice_minutes=120))
    begins = [begin for begin, _ in problem(house).therapists[0].open.to_json()]
    assert min(begins) == "2027-03-01T11:21"


def test_nothing_is_planned_beyond_the_clinics_horizon() -> None:
    house = practice(policy=Policy(horizon_days=30))
    when = availability.period(house, TERMS, UNTOUCHED, Wish())
    assert (when.latest, when.horizon) == (date(2027, 3, 31), date(2027, 3, 31))


def test_no_visit_is_planned_before_the_orders_earliest_date() -> None:
    terms = replace(TERMS, earliest_on=date(2027, 3, 20))
    assert availability.period(practice(), terms, UNTOUCHED, Wish()).earliest == date(2027, 3, 20)
    late = Wish(earliest=date(2027, 4, 1))
    assert availability.period(practice(), terms, UNTOUCHED, late).earliest == date(2027, 4, 1)


@pytest.mark.parametrize(("own", "of_session", "holds"), [(15, 10, 15), (15, 25, 25), (0, 0, 0)])
def test_the_longer_buffer_of_therapist_and_session_holds(own: int, of_session: int, holds: int) -> None:
    amara = replace(AMARA, buffer_minutes=own)
    house = practice(therapists=(amara,), policy=Policy(buffers={45: of_session, 30: 60}))
    assert problem(house).therapists[0].buffer_minutes == holds
    assert house.buffer_of(1, 45) == holds


def test_only_rooms_with_the_equipment_asked_for_are_planned() -> None:
    equipment = {5: frozenset({"adjustable_table"}), 6: frozenset({"adjustable_table", "bolsters"})}
    house = practice(rooms={5: "Willow", 6: "Maple", 7: "Cedar"}, equipment=equipment)

    def rooms(*asked: str) -> list[int]:
        return [room.id for room in problem(house, equipment=asked).rooms or ()]

    assert rooms() == [5, 6, 7]
    assert rooms("adjustable_table") == [5, 6]
    assert rooms("bolsters", "adjustable_table") == [6]
    assert rooms("table_warmer") == []


def test_an_earlier_visit_is_gone_on_from_only_where_the_rhythm_can_still_be_kept() -> None:
    gap = GapDays(2, 6)

    def before(day: date, **wish: Any) -> Before | None:
        when = availability.period(practice(), TERMS, UNTOUCHED, Wish(**wish))
        at = datetime.combine(day, time(15), NEW_YORK).astimezone(UTC)
        return availability.before(practice(), when, gap, at, 1)

    assert before(date(2027, 4, 6)) == Before(date(2027, 4, 6), time(15), 1)
    assert before(date(2027, 2, 23)) == Before(date(2027, 2, 23), time(15), 1)
    assert before(date(2027, 2, 22)) is None
    assert before(date(2027, 4, 6), latest=date(2027, 4, 7)) is None
