"""Series over the changes of the clocks: the wall clock is kept, and every instant is the one that was written down.

`clock_changes.json` holds the instants, once. Here they are held against dateutil, which reads the zones' rules by
itself; then the planner, and booking with its database, are held against them.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from dateutil import tz

from services.booking.planner import plan
from tests.booking.conftest import House
from tests.booking.plain import problem

Json = dict[str, Any]
CASES: list[Json] = json.loads(Path(__file__).with_name("clock_changes.json").read_text())
IDS = [f"{case['zone']} {case['date']} {case['start']}" for case in CASES]
LENGTH = timedelta(minutes=45)
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def days(case: Json) -> list[date]:
    """From two days before the change to two days after it."""
    return [date.fromisoformat(case["date"]) + timedelta(n) for n in range(-2, 3)]


def wall(case: Json, day: date) -> datetime:
    return datetime.combine(day, time.fromisoformat(case["start"]), tz.gettz(case["zone"]))


def closes(case: Json) -> str:
    """By the wall clock, three quarters of an hour after the visit begins."""
    return f"{datetime.combine(date.min, time.fromisoformat(case['start'])) + LENGTH:%H:%M}"


def nightly(case: Json, **changes: Any) -> Json:
    """A visit a day, as many as there are dates on which the clocks show the start; nobody is open at other times.

    On the date of the change three quarters of the clock's hour can be none, or nearly two hours, so there the
    therapist stays on.
    """
    hours = [[f"{day}T{case['start']}", f"{day}T{closes(case)}"] for day in days(case)]
    hours[2][1] = f"{case['date']}T12:00"
    first, *_, last = days(case)
    return problem(
        timezone=case["zone"],
        earliest=first.isoformat(),
        latest=last.isoformat(),
        visits=len(case["visits"]),
        cadence={"visits": 1, "per_days": 1},
        gap_days={"min": 1, "max": 2},
        therapists=[{"id": 7, "buffer_minutes": 0, "open": hours, "busy": []}],
        **changes,
    )


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_instants_that_were_written_down_are_those_that_dateutil_finds(case: Json) -> None:
    expected = [at for day in days(case) if tz.datetime_exists(at := wall(case, day))]
    assert case["visits"] == [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in expected]
    assert case["missing"] == (not tz.datetime_exists(wall(case, days(case)[2])))
    assert case["doubled"] == tz.datetime_ambiguous(wall(case, days(case)[2]))
    if case["doubled"]:
        again = tz.enfold(wall(case, days(case)[2]), fold=1).astimezone(UTC)
        assert case["again"] == f"{again:%Y-%m-%dT%H:%M:%SZ}" > case["visits"][2]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_series_over_the_change_begins_at_the_same_time_by_the_clock_every_day(case: Json) -> None:
    preferred = [{"weekdays": list(range(7)), "from": case["start"], "to": closes(case)}]
    answer = plan(nightly(case, patient={"busy": [], "preferred": preferred})).to_json()
    shown = [visit for visit in answer["visits"] if visit["start"] == case["start"]]
    assert [visit["start_at"] for visit in shown] == case["visits"]
    assert answer["terms"]["drift"] == 0
    assert len(shown) == len(answer["visits"]) == (4 if case["missing"] else 5)


@pytest.mark.parametrize("case", [case for case in CASES if case["doubled"]], ids=lambda case: case["zone"])
def test_where_the_first_of_two_is_taken_the_second_is_planned(case: Json) -> None:
    """A minute before the clocks go back is busy; local time can name no minute of the second hour."""
    first = wall(case, days(case)[2])
    minute = [f"{first:%Y-%m-%dT%H:%M}", f"{first + timedelta(minutes=1):%Y-%m-%dT%H:%M}"]
    answer = plan(nightly(case, patient={"busy": [minute]})).to_json()
    at = [visit["start_at"] for visit in answer["visits"]]
    assert at == [*case["visits"][:2], case["again"], *case["visits"][3:]]
    assert {visit["start"] for visit in answer["visits"]} == {case["start"]}


def open_house(house: House, case: Json) -> str:
    """The clinic of that zone, a day before the first visit; the id of an order for a visit a day."""
    hours = {day: [f"{case['start']}-{closes(case)}"] for day in WEEK}
    if case["doubled"]:
        hours = {day: [f"{case['start']}-06:00"] for day in WEEK}
    first, *_, last = days(case)
    house.move_to(datetime.combine(first - timedelta(1), time(12), UTC))
    house.load(timezone=case["zone"], hours=hours)
    return house.order(
        visits=len(case["visits"]),
        cadence_visits=1,
        cadence_days=1,
        issued_on=first - timedelta(3),
        valid_until=last,
    )


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_series_planned_over_the_change_is_booked_and_read_back_at_the_same_instants(
    house: House, case: Json
) -> None:
    order_id = open_house(house, case)
    wish = {"earliest": days(case)[0].isoformat(), "gap_days": {"min": 1, "max": 2}}
    answer = house.plan(order_id, **wish).json or {}
    assert answer["feasible"]
    booked = house.book(order_id, *answer["visits"])
    assert booked.status_code == 201, booked.text
    read = house.get(f"/series/{(booked.json or {})['series_id']}")["sessions"]
    instants = [datetime.fromisoformat(one["starts_at"]) for one in read]
    assert [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in instants] == case["visits"]
    zone = tz.gettz(case["zone"])
    assert {f"{at.astimezone(zone):%H:%M}" for at in instants} == {case["start"]}
    assert {datetime.fromisoformat(one["ends_at"]) - at for one, at in zip(read, instants, strict=True)} == {LENGTH}


@pytest.mark.parametrize("case", [case for case in CASES if case["doubled"]], ids=lambda case: case["zone"])
def test_both_of_a_doubled_hours_visits_can_be_booked_and_stay_apart(house: House, case: Json) -> None:
    order_id = open_house(house, case)
    other = house.order(visits=1, issued_on=days(case)[0] - timedelta(3), valid_until=days(case)[-1])
    clinic = house.get("/clinic")
    place = {"therapist": clinic["therapists"][0]["id"], "room": clinic["rooms"][0]["id"]}
    first = house.book(order_id, {"start_at": case["visits"][2], **place})
    assert first.status_code == 201, first.text
    second = house.book(other, {"start_at": case["again"], **place})
    minutes = (datetime.fromisoformat(case["again"]) - datetime.fromisoformat(case["visits"][2])).seconds // 60
    assert second.status_code == (201 if minutes >= 45 + 15 else 409), second.text
