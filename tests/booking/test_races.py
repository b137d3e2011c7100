"""Many desks at once, each with a connection of its own."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.booking.conftest import House
from tests.booking.practice_day import therapist
from tests.booking.test_series import everything, visit

OVERLAPS = """
    SELECT count(*) FROM claims a JOIN claims b ON a.resource_id = b.resource_id
       AND a.session_id < b.session_id AND a.during && b.during"""

WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
     WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"""


def together(acts: list[Callable[[], Any]]) -> list[Any]:
    """All begin at the same moment."""
    line = Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        line.wait(10)
        return one()

    with ThreadPoolExecutor(len(acts)) as desks:
        return list(desks.map(act, acts))


def codes(answers: list[TestResponse]) -> Counter[tuple[int, str | None]]:
    return Counter((answer.status_code, (answer.json or {}).get("code")) for answer in answers)


def test_of_ten_parallel_bookings_of_one_slot_one_gets_it_and_nine_get_alternatives(house: House) -> None:
    house.load()
    wanted = visit(house, "03-02 09:00")
    orders = [house.order() for _ in range(10)]
    answers = together([lambda order=order: house.book(order, wanted) for order in orders])
    assert codes(answers) == {(201, None): 1, (409, "slot_taken"): 9}
    refusals = [(answer.json or {})["errors"] for answer in answers if answer.status_code == 409]
    assert all(refusal["alternatives"][0]["instead"] for refusal in refusals)
    assert house.count("sessions") == 1


def test_of_ten_parallel_bookings_that_overlap_only_in_part_one_gets_the_therapist(house: House) -> None:
    house.load()
    orders = [house.order(session_minutes=45 if number % 2 else 30) for number in range(10)]
    wanted = [visit(house, f"03-02 09:{number % 3 * 15:02}", room=number % 2) for number in range(10)]
    answers = together(
        [lambda order=order, one=one: house.book(order, one) for order, one in zip(orders, wanted, strict=True)]
    )
    assert codes(answers) == {(201, None): 1, (409, "slot_taken"): 9}


def test_of_two_parallel_bookings_with_one_visit_left_one_gets_it(house: House) -> None:
    house.load()
    for _ in range(5):
        order_id = house.order(visits=1)
        wanted = [visit(house, "03-02 09:00"), visit(house, "03-04 09:00", 1, 1)]
        answers = together([lambda one=one, order=order_id: house.book(order, one) for one in wanted])
        assert codes(answers) == {(201, None): 1, (409, "no_visits_left"): 1}
        house.rows("DELETE FROM claims RETURNING 1")


def test_of_two_hundred_parallel_bookings_of_one_slot_exactly_one_gets_it(house: House) -> None:
    house.load()
    wanted = visit(house, "03-02 09:00")
    orders = [house.order() for _ in range(200)]
    answers = together([lambda order=order: house.book(order, wanted) for order in orders])
    assert codes(answers) == {(201, None): 1, (409, "slot_taken"): 199}
    assert (house.count("sessions"), house.count("claims"), house.count("ledger")) == (1, 3, 1)


def test_a_booking_waits_for_another_one_of_the_same_therapist_instead_of_colliding_with_it(
    house: House,
) -> None:
    house.load()
    wanted, order_id = visit(house, "03-02 09:00"), house.order()
    with ThreadPoolExecutor(1) as desk, house.running.sessions.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(-:therapist)"), {"therapist": wanted["therapist"]})
        answer = desk.submit(house.book, order_id, wanted)
        while house.rows(WAITING) == [(0,)]:
            assert not answer.done()
        other.rollback()
        assert answer.result(10).status_code == 201


def test_one_request_sent_many_times_at_once_books_once_and_is_always_answered_alike(house: House) -> None:
    house.load()
    order_id, wanted = house.order(), visit(house, "03-02 09:00")
    answers = together([lambda: house.book(order_id, wanted, key="a-key")] * 8)
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json == answers[0].json for answer in answers)
    assert (house.count("series"), house.count("ledger")) == (1, 1)


def test_random_series_never_overlap_and_no_desk_sees_a_deadlock(house: House) -> None:
    house.load(therapists=[therapist(key) for key in ("amara", "jonas", "lucia")])
    days = ["03-02", "03-04", "03-09", "03-11"]

    def book_some(seed: int) -> list[TestResponse]:
        chance = random.Random(seed)
        answers = []
        for _ in range(8):
            chosen = sorted(chance.sample(days, 2))
            hour = chance.choice(["09:00", "09:30", "10:15", "11:00", "14:00", "15:30"])
            who, where = chance.randrange(3), chance.randrange(2)
            order = house.order(session_minutes=chance.choice([15, 30, 45]))
            answers.append(house.book(order, *(visit(house, f"{day} {hour}", who, where) for day in chosen)))
        return answers

    answers = [one for some in together([lambda s=s: book_some(s) for s in range(8)]) for one in some]
    assert set(codes(answers)) == {(201, None), (409, "slot_taken")}
    assert house.rows(OVERLAPS) == [(0,)]
    booked = sum(answer.status_code == 201 for answer in answers)
    left = everything(house)
    assert (left["series"], left["sessions"], left["claims"], left["ledger"]) == (
        booked,
        2 * booked,
        6 * booked,
        2 * booked,
    )
