"""Ways between places: pure, and from the database to a booking."""

from datetime import timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.practice.policy import Policy
from services.booking.practice.travel import Away, Position, distance_km, minutes, widened
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, at, therapist
from tests.booking.test_races import codes, together
from tests.booking.treatment import order_with

BEACON = Position(41.5048, -73.9696)
POUGHKEEPSIE = Position(41.7004, -73.9210)
POSITIONS = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180))


def test_the_distance_is_that_of_the_great_circle() -> None:
    """London to Paris; a quarter of a meridian."""
    assert distance_km(Position(51.5074, -0.1278), Position(48.8566, 2.3522)) == pytest.approx(343.6, abs=0.5)
    assert distance_km(Position(0, 0), Position(90, 0)) == pytest.approx(10_007.5, abs=0.5)


@given(POSITIONS, POSITIONS)
def test_the_way_back_is_as_long_and_no_way_longer_than_half_round_the_earth(a: Position, b: Position) -> None:
    assert distance_km(a, b) == pytest.approx(distance_km(b, a))
    assert 0 <= distance_km(a, b) <= 20_016
    assert distance_km(a, a) == 0


def test_minutes_are_whole_and_rounded_up() -> None:
    assert minutes(BEACON, POUGHKEEPSIE, Policy(travel_kmh=40)) == 34
    assert minutes(BEACON, POUGHKEEPSIE, Policy(travel_kmh=80)) == 17
    assert minutes(BEACON, BEACON, Policy()) == 0


def test_a_position_that_is_not_known_costs_the_usual_minutes() -> None:
    assert minutes(None, BEACON, Policy(travel_minutes=25)) == 25
    assert minutes(BEACON, None, Policy()) == 20


def test_what_a_therapist_has_elsewhere_is_longer_by_the_way_on_both_sides() -> None:
    claims = {1: np.array([[600, 660]]), 2: np.array([[600, 660]])}
    away = [Away(1, POUGHKEEPSIE, np.array([[700, 760]])), Away(3, None, np.array([[100, 200]]))]
    wider = widened(claims, away, BEACON, Policy())
    assert wider[1].tolist() == [[600, 660], [666, 794]]
    assert wider[2].tolist() == [[600, 660]]
    assert wider[3].tolist() == [[80, 220]]
    assert claims[1].tolist() == [[600, 660]]


HERE = {"latitude": BEACON.latitude, "longitude": BEACON.longitude}
THERE = {"latitude": POUGHKEEPSIE.latitude, "longitude": POUGHKEEPSIE.longitude}
BASE = [BEACON.latitude, BEACON.longitude]


@pytest.fixture
def desk(house: House) -> House:
    """One therapist, who lives where the clinic is."""
    hours = {"tuesday": ["09:00-17:00"]}
    house.load(
        position=BASE,
        therapists=[therapist("amara", base=BASE, buffer_minutes=0, hours=hours)],
        rooms=[{"key": "willow", "name": "Willow"}],
    )
    return house


def visit(desk: House, time: str, *, home: bool = True) -> dict[str, Any]:
    shown = desk.get("/clinic")
    room = None if home else shown["rooms"][0]["id"]
    return {"start_at": at(time), "therapist": shown["therapists"][0]["id"], "room": room}


def starts(desk: House, order_id: str) -> list[str]:
    """Every start on the first Tuesday that a plan finds."""
    found = []
    for quarter in range(9 * 4, 17 * 4):
        begins = f"{quarter // 4:02}:{quarter % 4 * 15:02}"
        ends = f"{(quarter + 3) // 4:02}:{(quarter + 3) % 4 * 15:02}"
        window = [{"weekdays": [1], "from": begins, "to": ends}]
        plan = desk.plan(order_id, visits=1, latest="2027-03-02", possible=window).json
        found += [one["start"] for one in plan["visits"]]
    return found


def test_the_first_visit_of_a_day_leaves_time_for_the_way_to_it_and_the_last_for_the_way_back(desk: House) -> None:
    found = starts(desk, order_with(desk, THERE, home_visit=True))
    assert (found[0], found[-1]) == ("09:45", "15:30")
    near = starts(desk, order_with(desk, HERE, home_visit=True))
    assert (near[0], near[-1]) == ("09:00", "16:15")
    unknown = starts(desk, order_with(desk, home_visit=True))
    assert (unknown[0], unknown[-1]) == ("09:30", "15:45")


def test_between_two_homes_there_is_time_for_the_way(desk: House) -> None:
    order_id = order_with(desk, HERE, home_visit=True)
    assert desk.book(order_id, visit(desk, "03-02 12:00")).status_code == 201
    far = starts(desk, order_with(desk, THERE, home_visit=True))
    assert [one for one in far if "10:00" <= one <= "14:00"] == ["10:00", "10:15", "10:30", "13:30", "13:45", "14:00"]
    next_door = starts(desk, order_with(desk, HERE, home_visit=True))
    assert [one for one in next_door if "11:00" <= one <= "13:00"] == ["11:00", "11:15", "12:45", "13:00"]


def test_from_a_home_to_the_clinic_there_is_time_for_the_way(desk: House) -> None:
    assert desk.book(order_with(desk, THERE, home_visit=True), visit(desk, "03-02 12:00")).status_code == 201
    found = starts(desk, order_with(desk))
    assert [one for one in found if "10:00" <= one <= "14:00"] == ["10:00", "10:15", "10:30", "13:30", "13:45", "14:00"]


@pytest.mark.parametrize("time", ["11:00", "12:45", "13:15"])
def test_a_visit_that_ignores_the_way_from_another_patients_home_is_refused(desk: House, time: str) -> None:
    assert desk.book(order_with(desk, THERE, home_visit=True), visit(desk, "03-02 12:00")).status_code == 201
    answer = desk.book(order_with(desk), visit(desk, f"03-02 {time}", home=False))
    assert (answer.status_code, answer.json["code"]) == (409, "slot_taken")
    assert answer.json["errors"]["alternatives"][0]["instead"]
    late = desk.book(order_with(desk, HERE, home_visit=True), visit(desk, f"03-02 {time}"))
    assert (late.status_code, late.json["code"]) == (409, "slot_taken")


def test_a_visit_that_leaves_time_for_the_way_can_be_booked(desk: House) -> None:
    assert desk.book(order_with(desk, THERE, home_visit=True), visit(desk, "03-02 12:00")).status_code == 201
    assert desk.book(order_with(desk), visit(desk, "03-02 13:30", home=False)).status_code == 201
    assert desk.book(order_with(desk, HERE, home_visit=True), visit(desk, "03-02 10:30")).status_code == 201


def test_a_visit_at_home_too_early_for_the_way_there_lies_outside_the_hours(desk: House) -> None:
    answer = desk.book(order_with(desk, THERE, home_visit=True), visit(desk, "03-02 09:30"))
    assert (answer.status_code, set(answer.json["errors"]["visits"]["0"])) == (422, {"start_at"})


def test_a_therapist_who_makes_no_home_visits_is_neither_planned_nor_booked_for_one(house: House) -> None:
    house.load(therapists=[therapist("amara", home_visits=False), therapist("jonas")])
    order_id = order_with(house, home_visit=True)
    amara, jonas = (one["id"] for one in house.get("/clinic")["therapists"])
    plan = house.plan(order_id).json
    assert {one["therapist"] for one in plan["visits"]} == {jonas}
    answer = house.book(order_id, {"start_at": at("03-02 10:00"), "therapist": amara, "room": None})
    assert (answer.status_code, set(answer.json["errors"]["visits"]["0"])) == (422, {"therapist"})


def test_of_two_desks_that_ignore_each_others_way_at_once_one_is_refused(desk: House) -> None:
    for day in ("03-02", "03-09", "03-16", "03-23"):
        far, here = order_with(desk, THERE, home_visit=True), order_with(desk)
        times = visit(desk, f"{day} 12:00"), visit(desk, f"{day} 13:00", home=False)
        answers = together([partial(desk.book, far, times[0]), partial(desk.book, here, times[1])])
        assert codes(answers) == {(201, None): 1, (409, "slot_taken"): 1}


def test_a_hold_that_is_over_keeps_nobody_from_a_way(desk: House) -> None:
    body = {"order_id": order_with(desk, THERE, home_visit=True), "visits": [visit(desk, "03-02 12:00")]}
    assert desk.ask("POST", "/holds", body, key="one").status_code == 201
    assert desk.book(order_with(desk), visit(desk, "03-02 13:00", home=False)).status_code == 409
    desk.move_to(MONDAY + timedelta(minutes=11))
    assert desk.book(order_with(desk), visit(desk, "03-02 13:00", home=False)).status_code == 201


def test_where_patients_live_is_in_no_answer_of_a_plan(desk: House) -> None:
    plan = desk.plan(order_with(desk, THERE, home_visit=True))
    assert "41.7" not in plan.text
    assert "latitude" not in plan.text
