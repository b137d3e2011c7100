"""The clinic's day: every visit of a local date."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

# The ends of a local day are taken from the zone, so that days of 23 and 25 hours are whole.
DAY = text("""
    SELECT sessions.id, sessions.number, sessions.status, sessions.version, starts_at, ends_at,
           therapist_id, therapists.name AS therapist, room_id, rooms.name AS room,
           series.id AS series_id, series.visits AS of,
           orders.patient_id, orders.referral_id, orders.reference, clinic.timezone
      FROM clinic
      JOIN sessions ON starts_at >= CAST(:day AS timestamp) AT TIME ZONE clinic.timezone
                   AND starts_at < (CAST(:day AS timestamp) + interval '1 day') AT TIME ZONE clinic.timezone
      JOIN therapists ON therapists.id = therapist_id
      LEFT JOIN rooms ON rooms.id = room_id
      JOIN series ON series.id = series_id
      JOIN orders ON orders.id = order_id
     ORDER BY starts_at, therapists.name, sessions.id""")


def day(session: Session, on: date) -> list[dict[str, Any]]:
    """Visits in order of time, whatever their status; `local_start` is the clinic's wall-clock time."""
    return [_shown(row._mapping) for row in session.execute(DAY, {"day": on})]


def _shown(row: Any) -> dict[str, Any]:
    names = ("id", "series_id", "number", "of", "status", "version", "patient_id", "referral_id")
    return {
        **{name: row[name] for name in (*names, "starts_at", "ends_at")},
        "local_start": f"{row['starts_at'].astimezone(ZoneInfo(row['timezone'])):%H:%M}",
        "therapist": {"id": row["therapist_id"], "name": row["therapist"]},
        "room": row["room_id"] and {"id": row["room_id"], "name": row["room"]},
        "referral_reference": row["reference"],
    }
