"""A series is booked whole or not at all."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from services.contracts.booking import SeriesBooked, SessionBooked
from tests.booking.conftest import House
from tests.booking.practice_day import NEW_YORK, accepted, at, therapist
from tests.booking.test_plans import statements

TABLES = ("series", "sessions", "claims", "ledger", "outbox", "audit", "idempotency")


@pytest.fixture
def desk(house: House) -> House:
    """The house with its clinic loaded, and nothing announced or written down yet."""
    house.load()
    house.rows("DELETE FROM outbox RETURNING 1")
    house.rows("SET LOCAL session_replication_role = replica; DELETE FROM audit RETURNING 1")
    return house


def visit(house: House, when: str, therapist: int = 0, room: int | None = 0) -> dict[str, Any]:
    """A wanted visit; therapist and room by their place in the clinic's file."""
    clinic = house.get("/clinic")
    return {
        "start_at": at(when),
        "therapist": clinic["therapists"][therapist]["id"],
        "room": None if room is None else clinic["rooms"][room]["id"],
    }


def everything(house: House) -> dict[str, int]:
    return {table: house.count(table) for table in TABLES}


def hints(answer: TestResponse) -> dict[str, Any]:
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    return dict(answer.json["errors"]["visits"])


def refused_for(house: House, order_id: str, *visits: dict[str, Any]) -> dict[str, set[str]]:
    """The fields at fault, by visit; nothing is left behind."""
    before = everything(house)
    errors = hints(house.book(order_id, *visits))
    assert everything(house) == before
    return {number: set(fields) for number, fields in errors.items()}


def test_a_booked_series_says_when_with_whom_and_what_is_left(desk: House) -> None:
    order_id = desk.order(visits=8)
    answer = desk.book(order_id, visit(desk, "03-02 09:00"), visit(desk, "03-04 15:15", 1, 1))
    assert answer.status_code == 201
    body = answer.json or {}
    assert [(each["number"], each["status"], each["version"]) for each in body["sessions"]] == [
        (1, "booked", 1),
        (2, "booked", 1),
    ]
    assert body["sessions"][0]["ends_at"] == "2027-03-02T14:45:00+00:00"
    assert [each["therapist"]["name"] for each in body["sessions"]] == ["Amara", "Jonas"]
    assert [each["room"]["name"] for each in body["sessions"]] == ["Willow", "Maple"]
    assert body["ledger"] == {"granted": 8, "reserved": 2, "consumed": 0, "forfeited": 0, "remaining": 6}
    assert desk.get(f"/series/{body['series_id']}")["sessions"] == body["sessions"]


def test_a_series_is_announced_by_each_of_its_sessions_and_as_a_whole(desk: House) -> None:
    order_id = desk.order()
    body = desk.book(order_id, visit(desk, "03-02 09:00"), visit(desk, "03-04 09:00")).json or {}
    *sessions, series = desk.announced()
    assert [type(event) for event in sessions] == [SessionBooked, SessionBooked]
    assert [str(event.session_id) for event in sessions] == [each["id"] for each in body["sessions"]]
    assert [(event.number, event.of, event.version) for event in sessions] == [(1, 2, 1), (2, 2, 1)]
    assert isinstance(series, SeriesBooked)
    assert (series.visits, series.completed, str(series.series_id)) == (2, 0, body["series_id"])
    assert series.first_at.isoformat() == body["sessions"][0]["starts_at"]


def test_every_booked_session_has_its_audit_row_and_its_ledger_entry(desk: House) -> None:
    order_id = desk.order()
    desk.rows("SET LOCAL session_replication_role = replica; DELETE FROM audit RETURNING 1")
    body = desk.book(order_id, visit(desk, "03-02 09:00"), visit(desk, "03-04 09:00")).json or {}
    ids = {each["id"] for each in body["sessions"]}
    assert set(desk.rows("SELECT act, object_id, actor FROM audit")) == {
        ("session_booked", session_id, "a-desk") for session_id in ids
    }
    assert set(desk.rows("SELECT act, session_id::text FROM ledger")) == {
        ("reserved", session_id) for session_id in ids
    }


def test_therapist_and_room_are_taken_for_session_and_buffer_and_the_patient_for_the_session(
    desk: House,
) -> None:
    desk.book(desk.order(), visit(desk, "03-02 09:00"))
    taken = desk.rows(
        "SELECT kind, to_char(upper(during) - lower(during), 'HH24:MI')"
        " FROM claims JOIN resources ON resources.id = resource_id"
    )
    assert Counter(taken) == Counter({("therapist", "01:00"): 1, ("room", "01:00"): 1, ("patient", "00:45"): 1})


def test_touching_visits_do_not_collide(desk: House) -> None:
    assert desk.book(desk.order(), visit(desk, "03-02 09:00")).status_code == 201
    assert desk.book(desk.order(), visit(desk, "03-02 10:00")).status_code == 201


def test_a_series_whose_last_slot_is_taken_leaves_nothing_behind(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-11 09:00"))
    order_id = desk.order()
    before = everything(desk)
    wanted = [visit(desk, day) for day in ("03-02 09:00", "03-04 09:00", "03-09 09:00", "03-11 09:15")]
    answer = desk.book(order_id, *wanted)
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "slot_taken")
    assert everything(desk) == before


def test_a_taken_slot_is_refused_with_alternatives_between_its_neighbours_that_can_be_booked(
    desk: House,
) -> None:
    desk.book(desk.order(), visit(desk, "03-25 09:00"))
    order_id = desk.order()
    wanted = [visit(desk, day) for day in ("03-23 09:00", "03-25 09:00", "03-30 09:00")]
    answer = desk.book(order_id, *wanted)
    (taken,) = (answer.json or {})["errors"]["alternatives"]
    assert (taken["visit"], taken["start_at"]) == (2, "2027-03-25T13:00:00+00:00")
    assert all("2027-03-23" < one["date"] < "2027-03-30" for one in taken["instead"])
    costs = [one["cost"] for one in taken["instead"]]
    assert costs == sorted(costs)
    assert 1 <= len(costs) <= 5
    best = taken["instead"][0]
    wanted[1] = {name: best[name] for name in ("start_at", "therapist", "room")}
    assert desk.book(order_id, *wanted).status_code == 201


def test_a_patient_cannot_be_in_two_places(desk: House) -> None:
    first = accepted()
    for event in (first, replace(accepted(), patient_id=first.patient_id)):
        with desk.running.sessions.begin() as session:
            take_order(session, desk.running.outbox, vault(desk.running), event)
    one, other = (order["id"] for order in desk.get("/orders"))
    assert desk.book(one, visit(desk, "03-02 09:00")).status_code == 201
    answer = desk.book(other, visit(desk, "03-02 09:00", 1, 1))
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "slot_taken")


def test_a_ninth_visit_is_refused_when_the_order_covers_eight(desk: House) -> None:
    order_id = desk.order(visits=2)
    assert desk.book(order_id, visit(desk, "03-02 09:00")).status_code == 201
    before = everything(desk)
    answer = desk.book(order_id, visit(desk, "03-04 09:00"), visit(desk, "03-09 09:00"))
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "no_visits_left")
    assert (answer.json or {})["errors"]["ledger"]["remaining"] == 1
    assert everything(desk) == before


def test_a_visit_begins_on_the_quarter_hour(desk: House) -> None:
    assert refused_for(desk, desk.order(), visit(desk, "03-02 09:10")) == {"0": {"start_at"}}
    assert refused_for(desk, desk.order(), visit(desk, "03-02 09:00:30")) == {"0": {"start_at"}}


def test_a_visit_lies_in_the_future(desk: House) -> None:
    desk.move_to(datetime(2027, 3, 2, 9, 0, tzinfo=NEW_YORK))
    assert refused_for(desk, desk.order(), visit(desk, "03-02 09:00")) == {"0": {"start_at"}}
    assert desk.book(desk.order(), visit(desk, "03-02 09:15")).status_code == 201


@pytest.mark.parametrize("when", ["03-02 08:45", "03-02 12:30", "03-02 13:00", "03-02 17:30", "03-06 10:00"])
def test_a_visit_lies_inside_the_therapists_hours(desk: House, when: str) -> None:
    assert refused_for(desk, desk.order(), visit(desk, when)) == {"0": {"start_at"}}


def test_no_visit_is_booked_while_the_clinic_is_closed(house: House) -> None:
    house.load(closures=[{"from": "2027-03-02", "to": "2027-03-03", "reason": "Renovation"}])
    assert refused_for(house, house.order(), visit(house, "03-03 09:00")) == {"0": {"start_at"}}
    assert house.book(house.order(), visit(house, "03-04 09:00")).status_code == 201


def test_no_visit_is_booked_after_the_order_ends(desk: House) -> None:
    order_id = desk.order(valid_until=date(2027, 3, 9))
    wanted = (visit(desk, "03-09 09:00"), visit(desk, "03-11 09:00"))
    assert refused_for(desk, order_id, *wanted) == {"1": {"start_at"}}


def test_the_first_visit_is_not_later_than_the_order_asks(desk: House) -> None:
    order_id = desk.order(start_by=date(2027, 3, 5))
    assert refused_for(desk, order_id, visit(desk, "03-08 09:00")) == {"0": {"start_at"}}
    assert desk.book(order_id, visit(desk, "03-05 09:00")).status_code == 201
    assert desk.book(order_id, visit(desk, "03-08 09:00")).status_code == 201


def test_a_patient_has_one_visit_a_day(desk: House) -> None:
    wanted = (visit(desk, "03-02 09:00"), visit(desk, "03-02 15:00"))
    assert refused_for(desk, desk.order(), *wanted) == {"1": {"start_at"}}


def test_visits_are_in_order_of_time(desk: House) -> None:
    wanted = (visit(desk, "03-04 09:00"), visit(desk, "03-02 09:00"))
    assert refused_for(desk, desk.order(), *wanted) == {"1": {"start_at"}}


def test_only_a_therapist_who_knows_the_techniques_is_booked(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas", techniques=["sports"])])
    order_id = house.order(techniques=("swedish",))
    assert refused_for(house, order_id, visit(house, "03-02 09:00", 1)) == {"0": {"therapist"}}
    assert house.book(order_id, visit(house, "03-02 09:00", 0)).status_code == 201


def test_no_visit_is_booked_after_the_therapists_licence_ends(house: House) -> None:
    ending = {"state": "NY", "number": "1", "valid_until": "2027-03-03"}
    house.load(therapists=[therapist("amara", licence=ending)])
    wanted = (visit(house, "03-03 09:00"), visit(house, "03-04 09:00"))
    assert refused_for(house, house.order(), *wanted) == {"1": {"therapist"}}


def test_a_therapist_who_left_is_not_booked(house: House) -> None:
    house.load()
    wanted = visit(house, "03-02 09:00", 1)
    house.load(therapists=[therapist("amara")])
    assert refused_for(house, house.order(), wanted) == {"0": {"therapist"}}


def test_a_visit_at_the_clinic_needs_a_room_and_one_at_home_has_none(desk: House) -> None:
    at_clinic, at_home = desk.order(), desk.order(home_visit=True)
    assert refused_for(desk, at_clinic, visit(desk, "03-02 09:00", room=None)) == {"0": {"room"}}
    assert refused_for(desk, at_home, visit(desk, "03-02 10:00")) == {"0": {"room"}}
    booked = desk.book(at_home, visit(desk, "03-02 10:00", room=None))
    assert (booked.status_code, (booked.json or {})["sessions"][0]["room"]) == (201, None)


def test_a_time_without_its_offset_is_refused(desk: House) -> None:
    wanted = {**visit(desk, "03-02 09:00"), "start_at": "2027-03-02T09:00:00"}
    assert refused_for(desk, desk.order(), wanted) == {"0": {"start_at"}}


def test_the_same_request_sent_twice_books_once_and_is_answered_alike(desk: House) -> None:
    order_id, wanted = desk.order(), visit(desk, "03-02 09:00")
    first = desk.book(order_id, wanted, key="a-key")
    before = everything(desk)
    again = desk.book(order_id, wanted, key="a-key")
    assert (again.status_code, again.json) == (201, first.json)
    assert everything(desk) == before


def test_a_key_is_not_used_for_another_request(desk: House) -> None:
    order_id = desk.order()
    desk.book(order_id, visit(desk, "03-02 09:00"), key="a-key")
    answer = desk.book(order_id, visit(desk, "03-04 09:00"), key="a-key")
    assert (answer.status_code, (answer.json or {})["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_can_be_sent_again_under_its_key(desk: House) -> None:
    order_id = desk.order()
    assert desk.book(order_id, visit(desk, "03-02 08:00"), key="a-key").status_code == 422
    assert desk.book(order_id, visit(desk, "03-02 09:00"), key="a-key").status_code == 201


def test_a_series_is_not_booked_without_a_key(desk: House) -> None:
    body = {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}
    answer = desk.ask("POST", "/series", body)
    assert (answer.status_code, (answer.json or {})["code"]) == (400, "idempotency_key_required")


def test_only_the_desk_and_who_holds_a_link_book(desk: House) -> None:
    body = {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}
    for role in ("therapist", "physician"):
        assert desk.ask("POST", "/series", body, role=role, key=str(uuid4())).status_code == 403
    assert desk.count("series") == 0


def test_booking_eight_visits_asks_the_database_fourteen_times(desk: House) -> None:
    order_id = desk.order()
    plan = desk.plan(order_id).json or {}
    with statements(desk) as said:
        assert desk.book(order_id, *plan["visits"]).status_code == 201
    assert len(said) == 14


def test_two_claims_of_one_resource_never_overlap_whatever_the_program_does(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-02 09:00"))
    desk.book(desk.order(), visit(desk, "03-04 09:00"))
    with pytest.raises(DBAPIError, match="claims_one_at_a_time"):
        desk.rows(
            "UPDATE claims SET during = tstzrange('2027-03-02 14:30Z', '2027-03-02 14:35Z')"
            " WHERE lower(during) > '2027-03-03' RETURNING 1"
        )


def test_the_ledger_only_grows(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-02 09:00"))
    with pytest.raises(DBAPIError, match="ledger only grows"):
        desk.rows("UPDATE ledger SET act = 'returned' RETURNING 1")
    with pytest.raises(DBAPIError, match="ledger only grows"):
        desk.rows("DELETE FROM ledger RETURNING 1")


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2101-03-02T14:00:00Z"])
def test_a_time_at_the_end_of_the_calendar_is_refused(desk: House, when: str) -> None:
    answer = desk.book(desk.order(), {**visit(desk, "03-02 09:00"), "start_at": when})
    assert hints(answer)["0"] == {"start_at": ["Give a time in this century."]}
