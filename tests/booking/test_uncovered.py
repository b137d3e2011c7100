"""An order covers less than is booked: the desk hears of it once, and settles it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.booking.orders.uncovered import look_at_lapsed
from services.contracts.booking import DeskAsked, SeriesChanged, SessionCancelled, SessionMoved
from tests.booking.conftest import House
from tests.booking.practice_day import NEW_YORK
from tests.booking.test_order_changes import amend, end, receive, take, the_order
from tests.booking.test_series import visit

DAYS = ("03-02", "03-04", "03-09", "03-11")


@pytest.fixture
def booked(house: House) -> list[str]:
    """The ids of four visits, two a week, under an order of eight; nothing else is in the outbox."""
    house.load()
    receive(house, take(1))
    answer = house.book(the_order(house)["id"], *(visit(house, f"{day} 09:00") for day in DAYS))
    assert answer.status_code == 201, answer.text
    house.rows("DELETE FROM outbox RETURNING 1")
    return [one["id"] for one in (answer.json or {})["sessions"]]


def coverage(house: House) -> dict[str, Any]:
    return dict(house.get(f"/orders/{the_order(house)['id']}/coverage"))


def settle(house: House, **wanted: Any) -> Any:
    return house.ask("POST", f"/orders/{the_order(house)['id']}/coverage/settle", wanted)


def asked(house: House) -> list[DeskAsked]:
    return [event for event in house.announced() if isinstance(event, DeskAsked)]


def local(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(NEW_YORK):%m-%d %H:%M}"


def test_an_amended_order_that_covers_everything_asks_nobody(house: House, booked: list[str]) -> None:
    receive(house, amend(2, visits=4))
    assert asked(house) == []
    assert coverage(house)["covered"] == booked
    assert coverage(house)["uncovered"] == []


def test_fewer_visits_leave_the_last_ones_uncovered_and_the_desk_is_asked_once(house: House, booked: list[str]) -> None:
    receive(house, amend(2, visits=3), amend(2, visits=3), take(1))
    (event,) = asked(house)
    assert (event.about, event.referral_id) == ("uncovered_visits", amend(2).referral_id)
    found = coverage(house)
    assert found["covered"] == booked[:3]
    (one,) = found["uncovered"]
    assert (one["session"]["id"], one["why"], one["proposal"], one["move_to"]) == (
        booked[3],
        "too_many",
        "renewal",
        None,
    )
    receive(house, amend(3, visits=2))
    assert len(asked(house)) == 2


def test_visits_beyond_the_last_day_can_be_moved_to_days_within_the_order(house: House, booked: list[str]) -> None:
    receive(house, amend(2, valid_until=date(2027, 3, 10)))
    (one,) = coverage(house)["uncovered"]
    assert (one["session"]["id"], one["why"], one["proposal"]) == (booked[3], "too_late", "move")
    assert local(one["move_to"]["start_at"]).startswith("03-10")
    answer = settle(house, move=[{"session_id": booked[3], **one["move_to"]}])
    assert answer.status_code == 200, answer.text
    assert (answer.json["covered"], answer.json["uncovered"]) == (booked, [])
    (moved,) = (event for event in house.announced() if isinstance(event, SessionMoved))
    assert (moved.by, str(moved.session_id)) == ("physician", booked[3])


def test_a_shorter_session_is_proposed_in_its_place_and_settled(house: House, booked: list[str]) -> None:
    receive(house, amend(2, session_minutes=30))
    found = coverage(house)["uncovered"]
    assert [(one["why"], one["proposal"]) for one in found] == [("length", "move")] * 4
    moves = [{"session_id": one["session"]["id"], **one["move_to"]} for one in found]
    answer = settle(house, move=moves)
    assert answer.status_code == 200, answer.text
    assert answer.json["uncovered"] == []
    assert house.rows("SELECT DISTINCT ends_at - starts_at FROM sessions") == [(timedelta(minutes=30),)]


def test_what_is_not_covered_can_be_cancelled_and_no_visit_is_lost(house: House, booked: list[str]) -> None:
    receive(house, end(2))
    found = coverage(house)
    assert (found["covered"], found["ended_how"]) == ([], "withdrawn")
    assert [(one["why"], one["proposal"]) for one in found["uncovered"]] == [("order_ended", "cancel")] * 4
    house.rows("DELETE FROM outbox RETURNING 1")
    for _ in range(2):
        answer = settle(house, cancel=booked[1:])
        assert answer.status_code == 200, answer.text
    assert [one["session"]["id"] for one in answer.json["uncovered"]] == booked[:1]
    *cancelled, changed = house.announced()
    assert [(type(one), one.by, one.late, one.visit) for one in cancelled] == [
        (SessionCancelled, "physician", False, "returned")
    ] * 3
    assert isinstance(changed, SeriesChanged)
    assert the_order(house)["ledger"]["remaining"] == 7


def test_covered_visits_are_not_cancelled_by_settling(house: House, booked: list[str]) -> None:
    receive(house, amend(2, visits=3))
    answer = settle(house, cancel=booked[2:])
    assert (answer.status_code, answer.json["code"]) == (409, "still_covered")
    assert answer.json["errors"]["sessions"] == [booked[2]]
    assert house.rows("SELECT count(*) FROM sessions WHERE status = 'cancelled'") == [(0,)]


def test_a_session_of_another_order_is_not_settled(house: House, booked: list[str]) -> None:
    other = house.order()
    receive(house, end(2))
    answer = house.ask("POST", f"/orders/{other}/coverage/settle", {"cancel": booked[:1]})
    assert answer.status_code == 404
    assert settle(house).status_code == 422
    assert settle(house, cancel=[booked[0], booked[0]]).status_code == 422


def test_a_visit_that_began_before_the_order_ended_is_left_to_its_note(house: House, booked: list[str]) -> None:
    house.move_to(datetime(2027, 3, 2, 9, 30, tzinfo=NEW_YORK))
    receive(house, end(2))
    assert [one["session"]["id"] for one in coverage(house)["uncovered"]] == booked[1:]


def test_visits_that_nobody_was_asked_about_are_found_by_the_timer_once(house: House, booked: list[str]) -> None:
    house.rows("UPDATE orders SET valid_until = '2027-03-08' RETURNING 1")
    assert [look_at_lapsed(house.running) for _ in range(3)] == [True, False, False]
    assert len(asked(house)) == 1


def test_only_desk_and_therapists_see_what_is_covered(house: House, booked: list[str]) -> None:
    path = f"/orders/{the_order(house)['id']}/coverage"
    assert house.ask("GET", path, role="physician").status_code == 403
    assert house.ask("POST", f"{path}/settle", {"cancel": booked}, role="therapist").status_code == 403


def test_the_list_of_orders_warns_the_desk(house: House, booked: list[str]) -> None:
    shown = the_order(house)
    assert (shown["remaining"], shown["ends_in_days"], shown["flags"], shown["ended_how"]) == (4, 75, [], None)
    receive(house, amend(2, visits=3, valid_until=date(2027, 3, 8)))
    shown = the_order(house)
    assert (shown["remaining"], shown["ends_in_days"]) == (0, 7)
    assert shown["flags"] == ["ends_soon", "uncovered_visits"]
    house.move_to(datetime(2027, 3, 9, 20, tzinfo=NEW_YORK))
    assert the_order(house)["flags"] == ["expired", "uncovered_visits"]
    receive(house, end(3, "closed"))
    shown = the_order(house)
    assert (shown["ended_how"], shown["flags"]) == ("closed", ["ended", "uncovered_visits"])
