"""One hour of one therapist, and many who want it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import partial

import pytest
import requests

from services.local.stack import Stack
from tests.flows.clinic_life import ClinicLife, at_once

OVERLAPS = (
    "SELECT count(*) FROM claims AS a JOIN claims AS b"
    " ON a.resource_id = b.resource_id AND a.session_id < b.session_id AND a.during && b.during"
)


@pytest.fixture(scope="module")
def life(stack: Stack) -> ClinicLife:
    return ClinicLife(stack)


def told(answers: list[requests.Response]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status_code, answer.json().get("code")) for answer in answers)


def test_of_ten_who_want_one_slot_one_gets_it_and_nine_hear_of_others_that_can_be_booked(life: ClinicLife) -> None:
    orders = [life.order() for _ in range(10)]
    slot = life.plan(orders[0], visits=1)

    answers = at_once([partial(life.book, order, slot) for order in orders])

    assert told(answers) == {(201, None): 1, (409, "slot_taken"): 9}
    order, refused = next((o, a) for o, a in zip(orders, answers, strict=True) if a.status_code == 409)
    for answer in answers:
        assert answer.status_code == 201 or answer.json()["errors"]["alternatives"][0]["instead"]
    assert life.book(order, refused.json()["errors"]["alternatives"][0]["instead"][:1]).status_code == 201
    assert life.rows("booking", OVERLAPS) == [(0,)]


def test_of_two_who_book_the_last_visit_one_gets_it(life: ClinicLife) -> None:
    order = life.order(visits=1)
    first = life.plan(order)
    a_week_later = date.fromisoformat(first[0]["date"]) + timedelta(days=7)
    later = life.plan(order, earliest=a_week_later.isoformat())
    answers = at_once([partial(life.book, order, visits) for visits in (first, later)])
    assert told(answers) == {(201, None): 1, (409, "no_visits_left"): 1}


def test_a_double_click_books_once_and_both_are_answered_alike(life: ClinicLife) -> None:
    order = life.order()
    visits = life.plan(order)
    answers = at_once([partial(life.book, order, visits, "one click")] * 8)
    assert told(answers) == {(201, None): 8}
    assert len({answer.json()["series_id"] for answer in answers}) == 1
    assert life.book(order, visits[:1], "one click").json()["code"] == "idempotency_key_reused"


def test_a_series_that_collides_in_one_visit_is_not_booked_at_all(life: ClinicLife) -> None:
    orders = [life.order() for _ in range(6)]
    visits = life.plan(orders[0])
    wishes = [visits[:number] for number in (4, 3, 2, 1, 4, 2)]
    answers = at_once([partial(life.book, order, wish) for order, wish in zip(orders, wishes, strict=True)])
    assert told(answers) == {(201, None): 1, (409, "slot_taken"): 5}
    halves = "SELECT count(*) FROM series WHERE visits <> (SELECT count(*) FROM sessions WHERE series_id = series.id)"
    assert life.rows("booking", halves) == [(0,)]
