"""Visits late on one date and early on the next, in a practice that is open at night."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.booking.planner import plan
from services.booking.planning.parts import Therapist
from services.booking.planning.spans import NO_SPANS, Spans
from services.booking.practice.night import apart_at_night
from tests.booking.conftest import House
from tests.booking.plain import problem
from tests.booking.practice_day import therapist

NIGHT = {day: ["00:00-02:00", "22:00-23:59"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
LATE_THEN_EARLY = [{"weekdays": [1], "from": "22:00", "to": "24:00"}, {"weekdays": [2], "from": "00:00", "to": "02:00"}]
CLOSEST = [{"weekdays": [1], "from": "23:00", "to": "24:00"}, {"weekdays": [2], "from": "00:00", "to": "00:45"}]


def nights(house: House, **changes: Any) -> dict[str, Any]:
    """The plan of two visits, one late on Tuesday and one early on Wednesday, for a clinic with one therapist."""
    house.load(therapists=[therapist("amara", hours=NIGHT, **changes)], rooms=[{"key": "willow", "name": "Willow"}])
    order_id = house.order(visits=2, cadence_visits=1, cadence_days=1)
    wish = {
        "possible": LATE_THEN_EARLY,
        "preferred": CLOSEST,
        "weights": {"drift": 0},
        "gap_days": {"min": 1, "max": 1},
    }
    answer = house.plan(order_id, **wish).json or {}
    assert answer["feasible"]
    return {**answer, "booked": house.book(order_id, *answer["visits"])}


@pytest.mark.parametrize("buffer_minutes", [0, 15, 45, 60])
def test_a_series_planned_over_midnight_can_be_booked_as_it_came(house: House, buffer_minutes: int) -> None:
    answer = nights(house, buffer_minutes=buffer_minutes)
    assert answer["booked"].status_code == 201, answer["booked"].text
    times = [datetime.fromisoformat(visit["start_at"]) for visit in answer["visits"]]
    assert all(later - sooner >= timedelta(minutes=45 + buffer_minutes) for sooner, later in pairwise(times))


def test_the_last_hours_before_midnight_go_as_far_as_the_buffer_reaches() -> None:
    hours = Spans.read([["2027-03-02T22:00", "2027-03-02T23:59"], ["2027-03-03T00:30", "2027-03-03T02:00"]], "open")
    (night,) = apart_at_night([Therapist(1, 60, hours, NO_SPANS)])
    assert night.open.to_json() == [["2027-03-02T22:00", "2027-03-02T23:30"], ["2027-03-03T00:30", "2027-03-03T02:00"]]


def test_by_day_nothing_changes() -> None:
    hours = Spans.read([["2027-03-02T08:00", "2027-03-02T20:00"]], "open")
    assert apart_at_night([Therapist(1, 240, hours, NO_SPANS)])[0].open == hours


def test_the_planner_alone_keeps_dates_apart_and_looks_no_closer() -> None:
    """Whoever gives it sessions that run past midnight has to see to that."""
    night = {"id": 7, "buffer_minutes": 0, "busy": [], "open": [["2027-03-01T23:45", "2027-03-02T00:45"]]}
    answer = plan(problem(visits=2, therapists=[night], gap_days={"min": 1, "max": 1}))
    assert [f"{visit.start:%H:%M}" for visit in answer.visits] == ["23:45", "00:00"]
