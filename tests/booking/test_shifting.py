"""Where visits come to lie when one of them, or all that follow, are moved."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking.visits.bookable import Wanted
from services.booking.visits.shifting import Change, NoSuchTime, alike, amiss, shifted

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")


def at(text: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"2027-{text}").replace(tzinfo=zone, fold=fold)


def test_a_day_later_is_the_same_hour_of_the_clock_when_the_clocks_go_forward() -> None:
    later = shifted(at("03-09 09:00"), at("03-10 09:00"), at("03-13 09:00"), NEW_YORK)
    assert later == at("03-14 09:00")
    assert later - at("03-13 09:00") == timedelta(hours=23)


def test_an_hour_later_on_the_clock_is_an_hour_later_also_where_clocks_change_by_half_an_hour() -> None:
    later = shifted(at("03-30 09:00", LORD_HOWE), at("03-31 10:00", LORD_HOWE), at("04-03 09:00", LORD_HOWE), LORD_HOWE)
    assert later == at("04-04 10:00", LORD_HOWE)


def test_a_time_that_the_clocks_skip_is_none() -> None:
    with pytest.raises(NoSuchTime):
        shifted(at("03-06 02:30"), at("03-07 02:30"), at("03-13 02:30"), NEW_YORK)


def test_a_time_that_the_clocks_show_twice_is_its_first() -> None:
    later = shifted(at("11-01 01:30"), at("11-02 01:30"), at("11-06 01:30"), NEW_YORK)
    assert later == at("11-07 01:30", fold=0).astimezone(UTC)


def test_what_does_not_move_stays_even_in_the_second_of_two_equal_hours() -> None:
    second = at("11-07 01:30", fold=1)
    assert shifted(at("11-01 09:00"), at("11-01 09:00"), second, NEW_YORK) is second


def test_others_change_therapist_and_room_only_where_the_moved_one_does() -> None:
    before, other = Wanted(at("03-02 09:00"), 1, 11), Wanted(at("03-04 09:00"), 2, 12)
    assert alike(before, Wanted(at("03-02 10:00"), 1, 11), other, NEW_YORK) == Wanted(at("03-04 10:00"), 2, 12)
    assert alike(before, Wanted(at("03-02 09:00"), 3, 11), other, NEW_YORK) == Wanted(at("03-04 09:00"), 3, 12)


def test_what_is_not_said_stays() -> None:
    visit = Wanted(at("03-02 09:00"), 1, 11)
    assert Change(room=12).of(visit) == Wanted(at("03-02 09:00"), 1, 12)
    assert Change(start_at=at("03-03 09:00"), therapist=2).of(visit) == Wanted(at("03-03 09:00"), 2, 11)


BEFORE = {1: at("03-02 09:00"), 2: at("03-04 09:00"), 3: at("03-09 09:00")}


@pytest.mark.parametrize(("start", "wrong"), [("03-08 09:00", False), ("03-09 17:00", True), ("03-10 09:00", True)])
def test_a_moved_visit_stays_between_its_neighbours(start: str, wrong: bool) -> None:
    assert bool(list(amiss(BEFORE, BEFORE | {2: at(start)}, NEW_YORK))) is wrong


def test_a_move_is_not_blamed_on_visits_that_stay() -> None:
    assert [number for number, _ in amiss(BEFORE, BEFORE | {2: at("03-09 15:00")}, NEW_YORK)] == [2]


def test_a_day_is_that_of_the_wall_clock() -> None:
    before = {1: at("03-02 09:00"), 2: at("03-04 21:00")}
    assert not list(amiss(before, before | {1: at("03-03 23:00")}, NEW_YORK)), "the same day only in UTC"
