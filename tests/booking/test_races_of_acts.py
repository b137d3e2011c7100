"""Two people do something about the same visits at the same moment: one of them is right, or both are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from services.booking.orders.recount import recount
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, NEW_YORK
from tests.booking.test_order_changes import amend, end, receive, take, the_order
from tests.booking.test_races import codes, together
from tests.booking.test_series import visit

NOTE = {"pain_before": 7, "pain_after": 5, "pressure": 2}
NOON = datetime(2027, 3, 2, 12, tzinfo=NEW_YORK)
AGAIN = range(6)
"""Often enough that each of the two comes first at times."""


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def booked(house: House, order_id: str, *when: str, who: int = 0, where: int = 0) -> list[str]:
    answer = house.book(order_id, *(visit(house, one, who, where) for one in when))
    assert answer.status_code == 201, answer.text
    return [one["id"] for one in (answer.json or {})["sessions"]]


def act(house: House, session_id: str, what: str, body: Any = None, role: str = "desk") -> Callable[[], Any]:
    return lambda: house.ask("POST", f"/sessions/{session_id}/{what}", body, role=role)


def agree(house: House) -> None:
    with house.running.sessions.begin() as session:
        assert recount(session).differences == []


def place(house: House, when: str, who: int = 0, where: int = 0) -> dict[str, Any]:
    return visit(house, when, who, where)


def test_two_visits_that_want_each_others_time_both_stay(desk: House) -> None:
    (one,) = booked(desk, desk.order(), "03-02 09:00")
    (other,) = booked(desk, desk.order(), "03-03 09:00", who=1, where=1)
    for _ in AGAIN:
        answers = together(
            [
                act(desk, one, "move", place(desk, "03-03 09:00", 1, 1)),
                act(desk, other, "move", place(desk, "03-02 09:00", 0, 0)),
            ]
        )
        assert codes(answers) == {(409, "slot_taken"): 2}
    agree(desk)


def test_a_visit_follows_into_the_time_that_another_one_leaves(desk: House) -> None:
    """One leaves its time while another one moves into it: in whichever order they come, nothing is taken twice."""
    for day in ("02", "03", "04", "05"):
        (leaving,) = booked(desk, desk.order(), f"03-{day} 09:00")
        (coming,) = booked(desk, desk.order(), f"03-{day} 14:00", who=1, where=1)
        first, second = together(
            [
                act(desk, leaving, "move", place(desk, f"03-{day} 11:00")),
                act(desk, coming, "move", place(desk, f"03-{day} 09:00")),
            ]
        )
        assert first.status_code == 200
        assert (second.status_code, (second.json or {}).get("code")) in {(200, None), (409, "slot_taken")}
        agree(desk)


def test_moving_two_series_into_each_other_never_ends_in_a_circle(desk: House) -> None:
    days = ("03-02", "03-04", "03-09")
    one = booked(desk, desk.order(), *(f"{day} 09:00" for day in days))
    other = booked(desk, desk.order(), *(f"{day} 10:00" for day in days), who=1, where=1)
    for _ in AGAIN:
        answers = together(
            [
                act(desk, one[0], "move", {**place(desk, "03-02 10:00", 1, 1), "scope": "all"}),
                act(desk, other[0], "move", {**place(desk, "03-02 09:00", 0, 0), "scope": "all"}),
                act(desk, one[2], "move", {**place(desk, "03-09 11:00", 1, 0), "scope": "this"}),
                act(desk, other[1], "move", {**place(desk, "03-04 11:00", 0, 1), "scope": "following"}),
            ]
        )
        assert {status for status, _ in codes(answers)} <= {200, 409, 422}
        agree(desk)


@pytest.mark.parametrize("second", ["extend", "book", "restore"])
def test_the_last_visit_of_an_order_is_spent_once(desk: House, second: str) -> None:
    receive(desk, take(1, visits=3))
    order_id = the_order(desk)["id"]
    gone, _ = booked(desk, order_id, "03-02 09:00", "03-04 09:00")
    series_id = desk.rows("SELECT id FROM series")[0].id
    assert act(desk, gone, "cancel", {"by": "clinic"})().status_code == 200
    booked(desk, order_id, "03-09 09:00")
    last = place(desk, "03-16 09:00")
    seconds = {
        "extend": lambda: desk.ask("POST", f"/series/{series_id}/visits", {"visits": [last]}, key="b"),
        "book": lambda: desk.book(order_id, last),
        "restore": act(desk, gone, "restore"),
    }
    answers = together([lambda: desk.book(order_id, place(desk, "03-17 09:00", 1, 1)), seconds[second]])
    assert codes(answers)[409, "no_visits_left"] == 1
    assert the_order(desk)["ledger"]["remaining"] == 0
    agree(desk)


@pytest.mark.parametrize("other", ["cancel", "miss", "complete"])
def test_a_visit_has_one_fate(desk: House, other: str) -> None:
    acts = {"cancel": ({"by": "clinic"}, "desk"), "miss": (None, "desk"), "complete": (NOTE, "therapist")}
    for hour in ("09:00", "10:00", "11:00"):
        (session_id,) = booked(desk, desk.order(), f"03-02 {hour}")
        desk.move_to(NOON)
        answers = together([act(desk, session_id, "miss"), act(desk, session_id, other, *acts[other])])
        assert codes(answers)[200, None] == (2 if other == "miss" else 1)
        agree(desk)
        desk.move_to(MONDAY)


def test_an_order_that_ends_while_it_is_booked_is_booked_before_or_not_at_all(desk: House) -> None:
    for version in (2, 4, 6, 8):
        receive(desk, take(1), amend(version))
        order_id = the_order(desk)["id"]
        answer, _ = together(
            [
                lambda order=order_id, day=version: desk.book(order, place(desk, f"03-{day + 7:02} 09:00")),
                lambda ending=version + 1: receive(desk, end(ending)),
            ]
        )
        assert (answer.status_code, (answer.json or {}).get("code")) in {(201, None), (409, "order_ended")}
        told = desk.rows("SELECT count(*) FROM uncovered WHERE order_version = :v", v=version + 1)
        still = desk.get(f"/orders/{order_id}/coverage")["uncovered"]
        assert (told == [(1,)]) == bool(still)
        agree(desk)


def test_many_who_confirm_cancel_and_move_one_visit_make_one_history(desk: House) -> None:
    for day in ("02", "03", "04"):
        (session_id,) = booked(desk, desk.order(), f"03-{day} 09:00")
        together(
            [
                act(desk, session_id, "confirm"),
                act(desk, session_id, "cancel", {"by": "patient"}),
                act(desk, session_id, "move", place(desk, f"03-{day} 11:00")),
                act(desk, session_id, "move", place(desk, f"03-{day} 14:00", 1, 1)),
                act(desk, session_id, "cancel", {"by": "clinic"}),
                act(desk, session_id, "restore"),
            ]
        )
        agree(desk)
