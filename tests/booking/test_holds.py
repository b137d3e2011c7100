"""Time is held for a while, before anybody has decided."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from services.booking.visits.release_hold import release_expired
from tests.booking.conftest import House
from tests.booking.life import absent, booked, claims_are_right, done, facts, forget, ledger, refused, told
from tests.booking.practice_day import MONDAY, at
from tests.booking.test_races import codes, together
from tests.booking.test_series import visit

AFTERWARDS = MONDAY + timedelta(minutes=11)


@pytest.fixture
def desk(house: House) -> House:
    house.load(policy={"hold_minutes": 10})
    forget(house)
    return house


def ask_hold(house: House, order_id: str, *days: str, key: str | None = None) -> TestResponse:
    body = {"order_id": order_id, "visits": [visit(house, day) for day in days]}
    return house.ask("POST", "/holds", body, key=key or str(uuid4()))


def hold(house: House, order_id: str, *days: str) -> dict[str, Any]:
    return done(ask_hold(house, order_id, *days), 201)


def book(house: House, held: dict[str, Any]) -> TestResponse:
    return house.ask("POST", f"/holds/{held['hold_id']}/book")


def sweep(house: House) -> int:
    swept = 0
    while release_expired(house.running):
        swept += 1
    return swept


def test_a_hold_takes_its_time_as_a_booking_does_and_tells_nobody(desk: House) -> None:
    order_id = desk.order()
    held = hold(desk, order_id, "03-02 09:00", "03-04 09:00")
    assert [each["status"] for each in held["sessions"]] == ["held", "held"]
    assert claims_are_right(desk)
    assert refused(desk.book(desk.order(), visit(desk, "03-02 09:15"))) == (409, "slot_taken")
    assert (told(desk), ledger(desk, order_id)) == ([], (0, 0, 0, 8))
    assert desk.get(f"/holds/{held['hold_id']}") == held


def test_a_hold_lasts_as_long_as_the_clinic_says(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00")
    assert held["held_until"][:16] == "2027-03-01T13:10"


def test_a_held_series_is_booked_as_it_was_held(desk: House) -> None:
    order_id = desk.order()
    held = hold(desk, order_id, "03-02 09:00", "03-04 09:00")
    forget(desk)
    answer = done(book(desk, held), 201)
    assert answer["series_id"] == held["hold_id"]
    assert [each["id"] for each in answer["sessions"]] == [each["id"] for each in held["sessions"]]
    assert [(each["status"], each["version"]) for each in answer["sessions"]] == [("booked", 1), ("booked", 1)]
    assert answer["ledger"]["reserved"] == 2
    assert told(desk) == ["SessionBooked", "SessionBooked", "SeriesBooked"]
    assert desk.announced()[0].timezone == "America/New_York"
    assert claims_are_right(desk)
    assert desk.ask("GET", f"/holds/{held['hold_id']}").status_code == 404
    desk.move_to(AFTERWARDS)
    assert (sweep(desk), desk.count("series")) == (0, 1)


def test_booking_a_hold_again_is_answered_alike_and_tells_nothing(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00")
    forget(desk)
    first, again = book(desk, held), book(desk, held)
    assert (again.status_code, again.json) == (201, first.json)
    assert told(desk) == ["SessionBooked", "SeriesBooked"]


def test_a_hold_ends_by_itself_even_before_it_is_swept(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00")
    wanted, order_id = visit(desk, "03-02 09:00"), desk.order()
    desk.move_to(MONDAY + timedelta(minutes=9))
    assert refused(desk.book(order_id, wanted)) == (409, "slot_taken")
    desk.move_to(AFTERWARDS)
    assert done(desk.book(order_id, wanted), 201)
    assert refused(book(desk, held)) == (409, "hold_expired")
    assert desk.ask("GET", f"/holds/{held['hold_id']}").status_code == 404


def test_a_hold_that_is_over_is_swept_with_all_it_had(desk: House) -> None:
    hold(desk, desk.order(), "03-02 09:00", "03-04 09:00")
    assert sweep(desk) == 0
    desk.move_to(AFTERWARDS)
    forget(desk)
    assert sweep(desk) == 1
    assert (desk.count("series"), desk.count("sessions"), desk.count("claims")) == (0, 0, 0)
    assert desk.rows("SELECT act FROM audit") == [("hold_expired",)]


def test_a_hold_that_was_swept_is_still_known_to_have_been_one(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00")
    desk.move_to(AFTERWARDS)
    sweep(desk)
    assert refused(book(desk, held)) == (409, "hold_expired")
    assert refused(book(desk, {"hold_id": uuid4()})) == (404, "not_found")


def test_a_hold_that_is_not_wanted_any_more_frees_its_time(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00")
    assert desk.ask("DELETE", f"/holds/{held['hold_id']}").status_code == 204
    assert done(desk.book(desk.order(), visit(desk, "03-02 09:00")), 201)
    assert desk.ask("DELETE", f"/holds/{held['hold_id']}").status_code == 404


def test_a_booked_series_is_not_released_as_if_it_were_held(desk: House) -> None:
    series = booked(desk)
    assert desk.ask("DELETE", f"/holds/{series['series_id']}").status_code == 404
    assert desk.count("sessions") == 3


def test_no_more_is_held_than_the_order_still_covers(desk: House) -> None:
    order_id = desk.order(visits=3)
    hold(desk, order_id, "03-02 09:00", "03-04 09:00")
    answer = ask_hold(desk, order_id, "03-09 09:00", "03-11 09:00")
    assert refused(answer) == (409, "no_visits_left")
    hold(desk, order_id, "03-09 09:00")
    desk.move_to(AFTERWARDS)
    hold(desk, order_id, "03-09 15:00", "03-11 15:00", "03-16 15:00")


def test_a_hold_is_not_booked_when_the_visits_were_used_meanwhile(desk: House) -> None:
    order_id = desk.order(visits=2)
    held = hold(desk, order_id, "03-02 09:00", "03-04 09:00")
    done(desk.book(order_id, visit(desk, "03-09 09:00")), 201)
    answer = book(desk, held)
    assert refused(answer) == (409, "no_visits_left")
    assert facts(answer)["ledger"]["remaining"] == 1


def test_a_held_visit_can_be_booked_although_it_has_become_too_soon_to_book_anew(house: House) -> None:
    house.load(policy={"hold_minutes": 10, "minimum_notice_minutes": 60})
    house.move_to(MONDAY + timedelta(minutes=8))
    held = hold(house, house.order(), "03-01 09:15")
    house.move_to(MONDAY + timedelta(minutes=16))
    assert refused(house.book(house.order(), visit(house, "03-01 09:15", 1, 1))) == (422, "invalid")
    assert done(book(house, held), 201)


def test_a_hold_follows_the_rules_of_a_booking(desk: House) -> None:
    assert refused(ask_hold(desk, desk.order(), "03-06 09:00")) == (422, "invalid")
    assert refused(ask_hold(desk, str(uuid4()), "03-02 09:00")) == (404, "not_found")
    booked(desk, "03-02 09:00")
    answer = ask_hold(desk, desk.order(), "03-02 09:00")
    assert refused(answer) == (409, "slot_taken")
    assert facts(answer)["alternatives"][0]["instead"]


def test_a_hold_whose_therapist_went_absent_meanwhile_is_not_booked(desk: House) -> None:
    held = hold(desk, desk.order(), "03-02 09:00", "03-04 09:00")
    absent(desk, visit(desk, "03-02 09:00")["therapist"], at("03-04 00:00"), at("03-05 00:00"))
    answer = book(desk, held)
    assert refused(answer) == (409, "slot_taken")
    (taken,) = facts(answer)["alternatives"]
    assert (taken["visit"], bool(taken["instead"])) == (2, True)


def test_the_same_request_twice_holds_once(desk: House) -> None:
    order_id = desk.order()
    first = ask_hold(desk, order_id, "03-02 09:00", key="a-key")
    again = ask_hold(desk, order_id, "03-02 09:00", key="a-key")
    assert (again.status_code, again.json) == (201, first.json)
    assert desk.count("series") == 1


def test_a_key_of_a_hold_does_not_book(desk: House) -> None:
    order_id, wanted = desk.order(), visit(desk, "03-02 09:00")
    ask_hold(desk, order_id, "03-02 09:00", key="a-key")
    assert refused(desk.book(order_id, wanted, key="a-key")) == (422, "idempotency_key_reused")


def test_only_the_desk_holds(desk: House) -> None:
    body = {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}
    for role in ("therapist", "physician", "service"):
        assert desk.ask("POST", "/holds", body, role=role, key="k").status_code == 403


def test_held_time_is_not_among_the_orders_series_nor_in_the_clinics_day(desk: House) -> None:
    order_id = desk.order()
    held = hold(desk, order_id, "03-02 09:00")
    assert [order["series"] for order in desk.get("/orders")] == [[]]
    assert desk.get("/sessions?day=2027-03-02") == []
    assert len(desk.get("/sessions?day=2027-03-02&status=held")) == 1
    assert desk.ask("GET", f"/series/{held['hold_id']}").status_code == 404


def test_of_ten_holds_of_one_time_at_once_one_gets_it(desk: House) -> None:
    orders = [desk.order() for _ in range(10)]
    answers = together([lambda order=order: ask_hold(desk, order, "03-02 09:00") for order in orders])
    assert codes(answers) == {(201, None): 1, (409, "slot_taken"): 9}


def test_two_holds_of_one_order_at_once_hold_no_more_than_it_covers(desk: House) -> None:
    order_id = desk.order(visits=1)
    answers = together(
        [lambda day=day: ask_hold(desk, order_id, day) for day in ("03-02 09:00", "03-04 09:00", "03-09 09:00")]
    )
    assert codes(answers) == {(201, None): 1, (409, "no_visits_left"): 2}


def test_of_a_hold_that_ends_while_it_is_booked_either_the_booking_or_the_next_one_has_the_time(desk: House) -> None:
    """Whoever books the hold, whoever takes its time, and the sweeper, all at its last moment."""
    for day in ("03-02", "03-03", "03-04", "03-05", "03-08", "03-09"):
        held, order_id, wanted = hold(desk, desk.order(), f"{day} 09:00"), desk.order(), visit(desk, f"{day} 09:00")
        desk.rows(ENDS_IN_A_MOMENT)
        by_hold, anew, _ = together(
            [
                lambda held=held: book(desk, held),
                lambda order_id=order_id, wanted=wanted: desk.book(order_id, wanted),
                lambda: sweep(desk),
            ]
        )
        assert refused(by_hold) in ((201, ""), (409, "hold_expired"), (409, "slot_taken"))
        assert refused(anew) in ((201, ""), (409, "slot_taken"))
        assert (by_hold.status_code, anew.status_code) != (201, 201)
        desk.rows("UPDATE series SET held_until = fascia_now() WHERE held_until IS NOT NULL RETURNING 1")
        sweep(desk)
        assert claims_are_right(desk)


ENDS_IN_A_MOMENT = """
    UPDATE series SET held_until = fascia_now() + interval '15 milliseconds'
     WHERE held_until IS NOT NULL RETURNING 1"""
