"""Who wants no alternatives is told at once that a time is taken, before anything is written."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, therapist
from tests.booking.test_plans import statements
from tests.booking.test_series import everything, visit


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def book(house: House, order_id: str, *visits: dict[str, Any], key: str | None = None) -> TestResponse:
    body = {"order_id": order_id, "visits": visits, "alternatives": False}
    return house.ask("POST", "/series", body, key=key or str(uuid4()))


def code(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, (answer.json or {}).get("code")


@pytest.mark.parametrize(("who", "room"), [(0, 1), (1, 0)], ids=["therapist", "room"])
def test_a_taken_time_is_refused_with_two_questions_and_nothing_is_written(desk: House, who: int, room: int) -> None:
    assert code(book(desk, desk.order(), visit(desk, "03-02 09:00")))[0] == 201
    before, order_id, wanted = everything(desk), desk.order(), visit(desk, "03-02 09:30", who, room)
    with statements(desk) as said:
        answer = book(desk, order_id, wanted)
    assert code(answer) == (409, "slot_taken")
    assert (answer.json or {})["errors"] == {"alternatives": []}
    assert len(said) == 2
    assert everything(desk) == before | {"audit": desk.count("audit")}


def test_the_patient_is_not_booked_twice_at_a_time(desk: House) -> None:
    order_id = desk.order()
    assert code(book(desk, order_id, visit(desk, "03-02 09:00")))[0] == 201
    assert code(book(desk, order_id, visit(desk, "03-02 09:15", 1, 1))) == (409, "slot_taken")


def test_one_taken_time_refuses_the_whole_series(desk: House) -> None:
    assert code(book(desk, desk.order(), visit(desk, "03-04 09:00")))[0] == 201
    series = [visit(desk, when, 0, 1) for when in ("03-02 09:00", "03-04 09:00")]
    assert code(book(desk, desk.order(), *series)) == (409, "slot_taken")


def test_times_that_touch_are_booked_and_a_buffer_is_left_to_the_claim(desk: House) -> None:
    """What the quick look does not see, the claim refuses."""
    desk.load(therapists=[therapist("amara", buffer_minutes=15), therapist("jonas", buffer_minutes=0)])
    assert code(book(desk, desk.order(), visit(desk, "03-02 10:00")))[0] == 201
    assert code(book(desk, desk.order(), visit(desk, "03-02 10:45"))) == (409, "slot_taken")
    assert code(book(desk, desk.order(), visit(desk, "03-02 11:00")))[0] == 201


def test_the_same_request_sent_twice_is_answered_alike_though_its_time_is_its_own(desk: House) -> None:
    order_id, wanted, key = desk.order(), visit(desk, "03-02 09:00"), str(uuid4())
    first, second = (book(desk, order_id, wanted, key=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json


def test_at_home_nobodys_room_is_in_the_way(desk: House) -> None:
    assert code(book(desk, desk.order(), visit(desk, "03-02 11:00")))[0] == 201
    answer = book(desk, desk.order(home_visit=True), visit(desk, "03-02 11:00", 1, None))
    assert answer.status_code == 201, answer.text


def test_the_time_of_a_hold_that_is_over_is_free(desk: House) -> None:
    held = {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}
    assert desk.ask("POST", "/holds", held, key=str(uuid4())).status_code == 201
    order_id, wanted = desk.order(), visit(desk, "03-02 09:00")
    assert code(book(desk, order_id, wanted)) == (409, "slot_taken")
    desk.move_to(MONDAY + timedelta(minutes=59))
    assert code(book(desk, order_id, wanted))[0] == 201


def test_what_is_taken_and_wrong_too_is_refused_for_what_is_wrong_where_alternatives_are_wanted(desk: House) -> None:
    assert desk.book(desk.order(), visit(desk, "03-02 09:00")).status_code == 201
    used_up = desk.order(visits=1)
    assert desk.book(used_up, visit(desk, "03-02 14:00")).status_code == 201
    wrong = [visit(desk, "03-02 09:10"), visit(desk, "03-04 09:00")]
    assert code(desk.book(desk.order(), *wrong)) == (422, "invalid")
    assert code(desk.book(used_up, visit(desk, "03-02 09:00"))) == (409, "no_visits_left")


def test_alternatives_are_near_the_time_that_was_asked_for_though_earlier_ones_are_free(desk: House) -> None:
    assert desk.book(desk.order(), visit(desk, "03-25 09:00")).status_code == 201
    (taken,) = (desk.book(desk.order(), visit(desk, "03-25 09:00")).json or {})["errors"]["alternatives"]
    assert len(taken["instead"]) == 5
    assert all("2027-03-18" <= one["date"] <= "2027-04-01" for one in taken["instead"])


def test_where_nothing_near_is_free_alternatives_lie_further_off(desk: House) -> None:
    assert desk.book(desk.order(), visit(desk, "03-25 09:00")).status_code == 201
    closed = [{"from": "2027-03-18", "to": "2027-03-24", "reason": "Fair"}]
    closed += [{"from": "2027-03-26", "to": "2027-04-01", "reason": "Fair"}]
    short = {"thursday": ["09:00-09:45"]}
    desk.load(closures=closed, therapists=[therapist(one, hours=short) for one in ("amara", "jonas")])
    for who in (0, 1):
        desk.book(desk.order(), visit(desk, "03-25 09:00", who, who))
    (taken,) = (desk.book(desk.order(), visit(desk, "03-25 09:00")).json or {})["errors"]["alternatives"]
    assert taken["instead"]
    assert not any("2027-03-18" <= one["date"] <= "2027-04-01" for one in taken["instead"])
