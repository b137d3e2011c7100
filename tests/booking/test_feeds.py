"""Calendar feeds: who may read them, what they show, and how they end."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from icalendar import Calendar, Event
from werkzeug.test import TestResponse

from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY
from tests.booking.test_plans import statements
from tests.booking.test_series import visit


@pytest.fixture
def booked(house: House) -> dict[str, Any]:
    """A series of two visits, Tuesday and Thursday at nine, with its patient."""
    house.load()
    order_id = house.order(visits=4)
    body = house.book(order_id, visit(house, "03-02 09:00"), visit(house, "03-04 09:00")).json or {}
    (patient_id,) = house.rows("SELECT patient_id FROM orders")[0]
    return {**body, "patient": str(patient_id), "first": body["sessions"][0]}


def make(house: House, kind: str, of: Any) -> dict[str, Any]:
    answer = house.ask("POST", "/feeds", {"kind": kind, "id": str(of)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def path_of(feed: dict[str, Any]) -> str:
    return str(feed["url"]).removeprefix("http://127.0.0.1:8080")


def fetch(house: House, path: str, **headers: str) -> TestResponse:
    """As a calendar program does: without any token of the API."""
    return house.app.test_client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def events(house: House, feed: dict[str, Any]) -> list[Event]:
    answer = fetch(house, path_of(feed))
    assert answer.status_code == 200, answer.text
    return Calendar.from_ical(answer.data).events


def test_a_therapists_feed_shows_reference_and_number_of_each_visit(house: House, booked: dict[str, Any]) -> None:
    shown = events(house, make(house, "therapist", booked["first"]["therapist"]["id"]))
    assert [each.summary for each in shown] == ["R-2027-0001, visit 1 of 2", "R-2027-0001, visit 2 of 2"]
    assert {str(each["LOCATION"]) for each in shown} == {"Willow, Riverbend"}


def test_a_rooms_feed_says_who_treats(house: House, booked: dict[str, Any]) -> None:
    shown = events(house, make(house, "room", booked["first"]["room"]["id"]))
    assert shown[0].summary == "Amara: R-2027-0001, visit 1 of 2"


def test_a_patients_feed_says_where_to_go_and_nothing_else(house: House, booked: dict[str, Any]) -> None:
    feed = make(house, "patient", booked["patient"])
    shown = events(house, feed)
    assert {each.summary for each in shown} == {"Appointment at Riverbend"}
    assert {str(each["LOCATION"]) for each in shown} == {"Riverbend, 48 Riverbend Lane, Beacon"}
    text = fetch(house, path_of(feed)).text
    assert not [word for word in ("Amara", "R-2027", "assage", booked["patient"]) if word in text]


def test_a_feed_is_one_to_subscribe_to(house: House, booked: dict[str, Any]) -> None:
    answer = fetch(house, path_of(make(house, "patient", booked["patient"])))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    calendar = Calendar.from_ical(answer.data)
    assert (calendar["METHOD"], calendar["X-WR-CALNAME"]) == ("PUBLISH", "Appointments at Riverbend")


def test_each_visit_keeps_its_uid_in_every_calendar(house: House, booked: dict[str, Any]) -> None:
    of_therapist = events(house, make(house, "therapist", booked["first"]["therapist"]["id"]))
    of_patient = events(house, make(house, "patient", booked["patient"]))
    assert [each["UID"] for each in of_therapist] == [each["id"] for each in booked["sessions"]]
    assert [each["UID"] for each in of_patient] == [each["id"] for each in booked["sessions"]]


def test_what_did_not_change_is_not_sent_again(house: House, booked: dict[str, Any]) -> None:
    path = path_of(make(house, "patient", booked["patient"]))
    etag = fetch(house, path).headers["ETag"]
    house.move_to(MONDAY + timedelta(hours=1))
    again = fetch(house, path, If_None_Match=etag)
    assert (again.status_code, again.data) == (304, b"")
    house.rows("UPDATE sessions SET ends_at = ends_at + interval '15 minutes' WHERE number = 2 RETURNING 1")
    assert fetch(house, path, If_None_Match=etag).status_code == 200


def test_a_revoked_feed_is_as_unknown_as_one_that_never_was(house: House, booked: dict[str, Any]) -> None:
    feed = make(house, "patient", booked["patient"])
    for _ in range(2):
        assert house.ask("DELETE", f"/feeds/{feed['id']}").status_code == 204
    revoked, never = fetch(house, path_of(feed)), fetch(house, "/api/booking/feeds/AAAAAAAAAAAAAAAAAAAAAA.ics")
    assert revoked.status_code == never.status_code == 404
    known = [{**(answer.json or {}), "request_id": None} for answer in (revoked, never)]
    assert known[0] == known[1]
    assert house.rows("SELECT act FROM audit WHERE object_id = :id ORDER BY id", id=feed["id"]) == [
        ("feed_made",),
        ("feed_revoked",),
    ]


@pytest.mark.parametrize("token", ["x", "%00", "%ff", "é" * 22, "A" * 3000, "%F0%9F%98%80"])
def test_a_token_that_is_none_is_not_found(house: House, token: str) -> None:
    house.load()
    assert fetch(house, f"/api/booking/feeds/{token}.ics").status_code == 404


def test_the_database_holds_no_token(house: House, booked: dict[str, Any]) -> None:
    token = path_of(make(house, "patient", booked["patient"])).rpartition("/")[2].removesuffix(".ics")
    assert len(token) == 22
    kept = house.rows("SELECT row_to_json(feeds)::text FROM feeds UNION ALL SELECT row_to_json(audit)::text FROM audit")
    assert not [row for (row,) in kept if token in row]


def test_no_log_line_holds_a_token(house: House, booked: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    path = path_of(make(house, "patient", booked["patient"]))
    token = path.rpartition("/")[2].removesuffix(".ics")
    for one in (path, path.replace(".ics", "x.ics")):
        fetch(house, one)
    out, err = capfd.readouterr()
    assert "feeds.get_feed" in out + err
    assert token not in out + err


def test_feeds_are_listed_without_their_addresses(house: House, booked: dict[str, Any]) -> None:
    feeds = [make(house, "patient", booked["patient"]) for _ in range(2)]
    make(house, "room", booked["first"]["room"]["id"])
    listed = house.get(f"/feeds?kind=patient&id={booked['patient']}")
    assert [set(each) for each in listed] == [{"id", "made_at"}] * 2
    assert {each["id"] for each in listed} == {feed["id"] for feed in feeds}


NOBODY = [("therapist", "99999"), ("room", "willow"), ("patient", "x"), ("room", "9" * 40)]


@pytest.mark.parametrize(("kind", "id_"), NOBODY)
def test_nobody_has_a_feed_who_is_not_known(house: House, booked: dict[str, Any], kind: str, id_: str) -> None:
    assert house.ask("POST", "/feeds", {"kind": kind, "id": id_}).status_code == 404


def test_a_therapist_is_not_a_room(house: House, booked: dict[str, Any]) -> None:
    body = {"kind": "room", "id": str(booked["first"]["therapist"]["id"])}
    assert house.ask("POST", "/feeds", body).status_code == 404


@pytest.mark.parametrize("role", ["therapist", "physician", "service"])
def test_only_the_desk_makes_feeds(house: House, role: str) -> None:
    assert house.ask("POST", "/feeds", {"kind": "patient", "id": str(uuid4())}, role=role).status_code == 403


def test_a_held_visit_is_nobodys_appointment(house: House, booked: dict[str, Any]) -> None:
    house.rows("UPDATE sessions SET status = 'held' WHERE number = 1 RETURNING 1")
    feed = make(house, "patient", booked["patient"])
    assert len(events(house, feed)) == 1
    house.rows("UPDATE series SET held_until = now() RETURNING 1")
    assert events(house, feed) == []


def test_an_empty_feed_is_still_a_calendar(house: House, booked: dict[str, Any]) -> None:
    house.rows("UPDATE sessions SET status = 'held' RETURNING 1")
    calendar = Calendar.from_ical(fetch(house, path_of(make(house, "patient", booked["patient"]))).data)
    assert [component.name for component in calendar.subcomponents] == ["VTIMEZONE"]


@pytest.mark.parametrize(("days", "shown"), [(29, 1), (31, 0)])
def test_a_cancelled_visit_stays_for_thirty_days(house: House, booked: dict[str, Any], days: int, shown: int) -> None:
    house.rows(
        "UPDATE sessions SET status = 'cancelled', sequence = 1, cancelled_by = 'patient', late = false,"
        " cancelled_at = fascia_now() - :days * interval '1 day' WHERE number = 1 RETURNING 1",
        days=days,
    )
    found = events(house, make(house, "patient", booked["patient"]))
    cancelled = [each for each in found if each["STATUS"] == "CANCELLED"]
    assert [each.sequence for each in cancelled] == [1] * shown
    assert len(found) == 1 + shown


@pytest.mark.parametrize(("days", "shown"), [(29, 2), (31, 1)])
def test_what_was_stays_for_thirty_days(house: House, booked: dict[str, Any], days: int, shown: int) -> None:
    house.rows(
        "UPDATE sessions SET starts_at = fascia_now() - :days * interval '1 day',"
        " ends_at = fascia_now() - :days * interval '1 day' + interval '45 minutes' WHERE number = 1 RETURNING 1",
        days=days,
    )
    assert len(events(house, make(house, "patient", booked["patient"]))) == shown


def test_a_feed_costs_two_queries_however_many_visits_it_has(house: House, booked: dict[str, Any]) -> None:
    path = path_of(make(house, "patient", booked["patient"]))
    with statements(house) as asked:
        fetch(house, path)
    assert len(asked) == 2
