"""iCalendar objects: one VEVENT for each visit, because visits move one by one.

The UID is the visit's own id for its whole life, and SEQUENCE tells which of two copies is newer.
Sources: RFC 5545 (objects), RFC 5546 (methods), RFC 7986 (names and refreshing).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from services.booking.calendars.agenda import Clinic, Entry, Kind, Method, location, summary
from services.booking.calendars.zones import vtimezone

PRODID = "-//Fascia//Booking//EN"
REFRESH = timedelta(hours=1)


def feed(entries: Sequence[Entry], kind: Kind, name: str, clinic: Clinic, now: datetime) -> bytes:
    """To subscribe to (METHOD:PUBLISH); `name` is what calendar programs call it."""
    calendar = _calendar("publish", entries)
    if not entries:  # RFC 5545, 3.6: a calendar holds something
        calendar.add_component(vtimezone(clinic.zone, now.year, now.year))
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    for entry in entries:
        calendar.add_component(_event(entry, kind, clinic, now))
    return _written(calendar)


def single(entry: Entry, method: Method, clinic: Clinic, now: datetime) -> bytes:
    """One visit, to go with an e-mail (METHOD:REQUEST or CANCEL) from the clinic to its patient.

    Without an ATTENDEE: whoever sends it knows the address, and adds it.
    """
    calendar = _calendar(method, [entry])
    event = _event(entry, "patient", clinic, now)
    organizer = vCalAddress(f"mailto:{clinic.email}")
    organizer.params["CN"] = vText(clinic.name)
    event.add("ORGANIZER", organizer)
    calendar.add_component(event)
    return _written(calendar)


def _calendar(method: Method, entries: Sequence[Entry]) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODID)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method.upper())
    for zone in sorted({entry.zone for entry in entries}):
        there = [entry for entry in entries if entry.zone == zone]
        first, last = min(entry.starts_at for entry in there), max(entry.ends_at for entry in there)
        calendar.add_component(vtimezone(zone, first.year, last.year))
    return calendar


def _written(calendar: Calendar) -> bytes:
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry, kind: Kind, clinic: Clinic, now: datetime) -> Event:
    event = Event()
    event.add("UID", str(entry.id))
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("SEQUENCE", entry.sequence)
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("DTSTART", _local(entry.starts_at, entry.zone))
    event.add("DTEND", _local(entry.ends_at, entry.zone))
    event.add("SUMMARY", summary(entry, kind, clinic))
    event.add("LOCATION", location(entry, kind))
    event.add("CLASS", "PRIVATE")
    return event


def _local(instant: datetime, zone: str) -> datetime:
    """The place's wall-clock time; UTC in the hour that a clock change repeats, of which a TZID means the first."""
    local = instant.astimezone(ZoneInfo(zone))
    return instant.astimezone(UTC) if local.fold else local
