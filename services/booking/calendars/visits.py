"""The visits a calendar shows, each with its place and its time zone: one query."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.calendars.agenda import Entry

STAYS = timedelta(days=30)
"""How long what is over, or was cancelled, is still shown."""

Of = Literal["therapist", "room", "patient", "series", "session"]

_WHOSE: dict[Of, str] = {
    "therapist": "sessions.therapist_id = :whose",
    "room": "sessions.room_id = :whose",
    "patient": "series.order_id IN (SELECT id FROM orders WHERE patient_resource_id = :whose)",
    "series": "sessions.series_id = :whose",
    "session": "sessions.id = :whose",
}

# A series that is only held is nobody's appointment yet, nor are its visits after the hold has ended.
_VISITS = """
    SELECT sessions.id, sessions.number, series.visits AS of, orders.reference, sessions.status,
           sessions.starts_at, sessions.ends_at, sessions.sequence,
           coalesce(locations.timezone, clinic.timezone) AS zone,
           therapists.name AS therapist, rooms.name AS room, locations.name AS place, locations.address
      FROM sessions
      JOIN series ON series.id = sessions.series_id
      JOIN orders ON orders.id = series.order_id
      JOIN therapists ON therapists.id = sessions.therapist_id
      LEFT JOIN rooms ON rooms.id = sessions.room_id
      LEFT JOIN locations ON locations.id = rooms.location_id
     CROSS JOIN clinic
     WHERE {whose}
       AND series.held_until IS NULL AND sessions.status <> 'held'
       AND (sessions.cancelled_at IS NULL OR sessions.cancelled_at >= fascia_now() - :stays)
       {recent}
     ORDER BY sessions.starts_at, sessions.id"""
_RECENT = "AND sessions.starts_at >= fascia_now() - :stays"

_NAMES = [field.name for field in fields(Entry)]


def visits(session: Session, of: Of, whose: object) -> list[Entry]:
    """In order of time. What is long over is left out, except from one series or session."""
    query = _VISITS.format(whose=_WHOSE[of], recent="" if of in ("series", "session") else _RECENT)
    rows = session.execute(text(query), {"whose": whose, "stays": STAYS})
    return [Entry(**{name: getattr(row, name) for name in _NAMES}) for row in rows]
