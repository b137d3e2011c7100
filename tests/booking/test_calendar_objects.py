"""Calendar objects as other programs read them: two parsers that are not ours, and the one we write with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import ics
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.calendars.agenda import Clinic, Entry
from services.booking.calendars.objects import feed, single
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY
from tests.booking.test_feeds import booked, fetch  # noqa: F401

NOW = datetime(2027, 3, 1, 13, 0, tzinfo=UTC)
RIVERBEND = Clinic("Riverbend, Massage; Médical", "desk@riverbend.example", "America/New_York")
DST_ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe")


def entry(starts_at: datetime, zone: str = "America/New_York", **changes: Any) -> Entry:
    facts: dict[str, Any] = {
        "id": uuid4(),
        "number": 3,
        "of": 8,
        "reference": "R-2027-0001",
        "status": "booked",
        "starts_at": starts_at.astimezone(UTC),
        "ends_at": starts_at.astimezone(UTC) + timedelta(minutes=45),
        "sequence": 0,
        "zone": zone,
        "therapist": "Lucía Fernández",
        "room": "Willow",
        "place": "Riverbend",
        "address": "48 Riverbend Lane, Beacon",
    }
    return Entry(**{**facts, **changes})


def nine(zone: str, *days: str) -> list[Entry]:
    return [entry(datetime.fromisoformat(f"2027-{day}T09:00").replace(tzinfo=ZoneInfo(zone)), zone) for day in days]


def by_icalendar(text: str) -> dict[str, tuple[datetime, datetime]]:
    return {str(one["UID"]): (one.start, one.end) for one in icalendar.Calendar.from_ical(text).events}  # type: ignore[misc]


def by_vobject(text: str) -> dict[str, tuple[datetime, datetime]]:
    vars(vobject.icalendar)["__tzidMap"].clear()  # else the zone is the one of the calendar that was read first
    calendar = vobject.readOne(text)
    return {one.uid.value: (one.dtstart.value, one.dtend.value) for one in calendar.vevent_list}


def by_ics(text: str) -> dict[str, tuple[datetime, datetime]]:
    return {one.uid: (one.begin.datetime, one.end.datetime) for one in ics.Calendar(text).events}


PARSERS: list[Callable[[str], dict[str, tuple[datetime, datetime]]]] = [by_icalendar, by_vobject, by_ics]


def instants(read: dict[str, tuple[datetime, datetime]]) -> dict[str, tuple[datetime, datetime]]:
    return {uid: (begin.astimezone(UTC), end.astimezone(UTC)) for uid, (begin, end) in read.items()}


def own(entries: list[Entry]) -> dict[str, tuple[datetime, datetime]]:
    return {str(one.id): (one.starts_at, one.ends_at) for one in entries}


@pytest.mark.parametrize("zone", DST_ZONES)
@pytest.mark.parametrize("parse", PARSERS)
def test_nine_stays_nine_when_the_clocks_change(zone: str, parse: Any) -> None:
    days = [f"{month:02}-{day:02}" for month in (3, 4, 10, 11) for day in (1, 8, 15, 22, 29)]
    entries = nine(zone, *days)
    read = parse(feed(entries, "patient", "Visits", RIVERBEND, NOW).decode())
    assert instants(read) == own(entries)
    assert {begin.strftime("%H:%M") for begin, _ in read.values()} == {"09:00"}
    assert len({one.starts_at.time() for one in entries}) == 2, "the clocks did change"


zones = st.sampled_from([*DST_ZONES, "Asia/Kolkata", "America/Phoenix", "Pacific/Apia", "Europe/Dublin", "UTC"])
moments = st.datetimes(datetime(2024, 1, 1), datetime(2036, 12, 31)).map(
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
visits = st.lists(st.builds(entry, moments, zones, sequence=st.integers(0, 9)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(visits)
def test_all_parsers_read_the_instants_that_were_written(entries: list[Entry]) -> None:
    text = feed(entries, "therapist", "Lucía", RIVERBEND, NOW).decode()
    for parse in PARSERS:
        assert instants(parse(text)) == own(entries), parse.__name__


@pytest.mark.parametrize(("zone", "instant"), [
    ("America/New_York", "2027-11-07T05:30"), ("America/New_York", "2027-11-07T06:30"),
    ("Australia/Lord_Howe", "2027-04-03T15:15"), ("Europe/Berlin", "2027-03-28T01:00"),
])  # fmt: skip
def test_the_hour_that_comes_twice_is_told_apart(zone: str, instant: str) -> None:
    entries = [entry(datetime.fromisoformat(instant).replace(tzinfo=UTC), zone)]
    text = feed(entries, "patient", "Visits", RIVERBEND, NOW).decode()
    for parse in PARSERS:
        assert instants(parse(text)) == own(entries), parse.__name__


def test_every_zone_there_is_can_be_written() -> None:
    entries = [entry(datetime(2027, 7, 1, 9, tzinfo=UTC), zone) for zone in sorted(available_timezones())[::7]]
    assert instants(by_vobject(feed(entries, "room", "Willow", RIVERBEND, NOW).decode())) == own(entries)


def test_the_zone_that_is_written_agrees_with_the_zone_that_is_known() -> None:
    """A program that does not know the zone by name works with what the calendar says of it."""
    whole = [entry(datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=7 * step), DST_ZONES[2]) for step in range(1250)]
    text = feed(whole, "patient", "Visits", RIVERBEND, NOW).decode().replace("Australia/Lord_Howe", "Somewhere/Else")
    assert instants(by_vobject(text)) == own(whole)


def test_lines_are_folded_at_75_octets_and_end_as_they_must() -> None:
    content = feed([entry(NOW, address="ñandú " * 60)], "patient", "Visits", RIVERBEND, NOW)
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    location = icalendar.Calendar.from_ical(content).events[0]["LOCATION"]
    assert location == "Riverbend, " + "ñandú " * 60


def test_what_a_name_holds_stays_in_its_line() -> None:
    clinic = Clinic('A"B;C:D, E\r\nATTENDEE:mailto:x@y.example', "desk@riverbend.example", "UTC")
    event = icalendar.Calendar.from_ical(single(entry(NOW), "request", clinic, NOW)).events[0]
    assert "ATTENDEE" not in event
    assert event["ORGANIZER"] == "mailto:desk@riverbend.example"


def test_a_visit_at_home_never_tells_the_address() -> None:
    at_home = entry(NOW, room=None, place=None, address=None)
    for kind, where in (("patient", "At your home"), ("therapist", "Home visit")):
        content = feed([at_home], kind, "Visits", RIVERBEND, NOW)  # type: ignore[arg-type]
        assert icalendar.Calendar.from_ical(content).events[0]["LOCATION"] == where


def event_of(house: House, path: str) -> tuple[str, icalendar.Calendar, icalendar.Event]:
    answer = house.ask("GET", path, role="service")
    assert answer.status_code == 200, answer.text
    calendar = icalendar.Calendar.from_ical(answer.data)
    return answer.headers["Content-Type"], calendar, calendar.events[0]


def test_a_visit_is_requested(house: House, booked: dict[str, Any]) -> None:  # noqa: F811
    id_ = booked["first"]["id"]
    kind, calendar, event = event_of(house, f"/sessions/{id_}/calendar?method=request")
    assert kind == "text/calendar; charset=utf-8; method=REQUEST"
    assert (calendar["METHOD"], event["UID"], event["STATUS"], event.sequence) == ("REQUEST", id_, "CONFIRMED", 0)
    assert event["ORGANIZER"] == "mailto:desk@riverbend.example"
    assert event["ORGANIZER"].params["CN"] == "Riverbend"
    assert MONDAY <= event["DTSTAMP"].dt < MONDAY + timedelta(hours=1)
    assert "ATTENDEE" not in event
    assert (event.start.tzinfo.key, event.start.hour) == ("America/New_York", 9)  # type: ignore[union-attr]


def test_a_cancelled_visit_is_cancelled_under_the_same_uid(house: House, booked: dict[str, Any]) -> None:  # noqa: F811
    id_ = booked["first"]["id"]
    path = f"/sessions/{id_}/calendar"
    refused = house.ask("GET", f"{path}?method=cancel")
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "session_not_cancelled")
    house.rows(
        "UPDATE sessions SET status = 'cancelled', sequence = 1, cancelled_at = fascia_now()"
        " WHERE id = :id RETURNING 1",
        id=id_,
    )
    kind, calendar, event = event_of(house, path)
    assert kind == "text/calendar; charset=utf-8; method=CANCEL"
    assert (calendar["METHOD"], event["UID"], event["STATUS"], event.sequence) == ("CANCEL", id_, "CANCELLED", 1)
    refused = house.ask("GET", f"{path}?method=request")
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "session_not_open")


def test_a_series_is_a_calendar_of_its_own(house: House, booked: dict[str, Any]) -> None:  # noqa: F811
    _, calendar, _ = event_of(house, f"/series/{booked['series_id']}/calendar")
    assert [str(one["UID"]) for one in calendar.events] == [each["id"] for each in booked["sessions"]]
    assert calendar["METHOD"] == "PUBLISH"


@pytest.mark.parametrize("path", ["/series/{}/calendar", "/sessions/{}/calendar"])
def test_what_is_not_known_has_no_calendar(house: House, path: str) -> None:
    house.load()
    assert house.ask("GET", path.format(uuid4())).status_code == 404
    assert fetch(house, f"/api/booking{path.format(uuid4())}").status_code == 401
