"""Sessions by day, therapist, room, patient or series, a page at a time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.refusals import Invalid

MOST = 200
"""A clinic's day is one page."""

# The local date counts where the visit takes place, whatever the length of that day. The bounds in UTC are only
# there for the index: no zone is further off than 14 hours.
LIST = """
    SELECT sessions.id, sessions.number, sessions.status, sessions.version, starts_at, ends_at,
           therapist_id, therapists.name AS therapist, room_id, rooms.name AS room,
           cancelled_by, cancel_reason, late, series.location_id,
           series.id AS series_id, series.visits AS of,
           orders.patient_id, orders.referral_id, orders.reference,
           coalesce(locations.timezone, clinic.timezone) AS timezone
      FROM sessions
      JOIN series ON series.id = series_id
      JOIN orders ON orders.id = order_id
      JOIN therapists ON therapists.id = therapist_id
      LEFT JOIN rooms ON rooms.id = room_id
      LEFT JOIN locations ON locations.id = series.location_id
      CROSS JOIN clinic
     WHERE {conditions}
     ORDER BY starts_at, therapist_id, sessions.id
     LIMIT :limit"""

_ON = "(starts_at AT TIME ZONE coalesce(locations.timezone, clinic.timezone))::date"
CONDITIONS = {
    "first": f"starts_at > CAST(:first AS timestamp) AT TIME ZONE 'UTC' - interval '14 hours' AND {_ON} >= :first",
    "last": f"starts_at < CAST(:last AS timestamp) AT TIME ZONE 'UTC' + interval '38 hours' AND {_ON} <= :last",
    "therapist": "therapist_id = :therapist",
    "room": "room_id = :room",
    "patient": "patient_id = :patient",
    "series": "series_id = :series",
    "status": "sessions.status = ANY(:status)",
    "after": "(starts_at, therapist_id, sessions.id) > (:after_start, :after_therapist, :after_id)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Dates are local and both included; what is None is not asked."""

    first: date | None = None
    last: date | None = None
    therapist: int | None = None
    room: int | None = None
    patient: UUID | None = None
    series: UUID | None = None
    status: Collection[str] | None = None
    after: str | None = None
    limit: int = MOST


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor that goes on after it; None at the end."""

    sessions: list[dict[str, Any]]
    next: str | None


def page(session: Session, asked: Asked) -> Page:
    """In order of time; `local_start` is wall-clock time at the place. What is only held is shown when asked for.

    Raises `Invalid` for a cursor that was never given.
    """
    values: dict[str, Any] = {name: getattr(asked, name) for name in CONDITIONS if getattr(asked, name) is not None}
    conditions = [CONDITIONS[name] for name in values]
    if asked.status is None:
        conditions.append("sessions.status <> 'held'")
    else:
        values["status"] = list(asked.status)
    if asked.after is not None:
        values |= _opened(asked.after)
    rows = session.execute(text(LIST.format(conditions=" AND ".join(conditions))), {**values, "limit": asked.limit + 1})
    found = rows.all()
    return Page(
        [_shown(row) for row in found[: asked.limit]],
        _closed(found[asked.limit - 1]) if len(found) > asked.limit else None,
    )


def _closed(row: Any) -> str:
    key = json.dumps([row.starts_at.isoformat(), row.therapist_id, str(row.id)])
    return base64.urlsafe_b64encode(key.encode()).decode()


def _opened(cursor: str) -> dict[str, Any]:
    try:
        starts_at, therapist, session_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return {
            "after_start": datetime.fromisoformat(starts_at),
            "after_therapist": int(therapist),
            "after_id": UUID(session_id),
        }
    except (ValueError, TypeError, binascii.Error, AttributeError):
        raise Invalid(after=["Give the cursor as it came, or leave it out."]) from None


def _shown(row: Any) -> dict[str, Any]:
    names = ("id", "series_id", "number", "of", "status", "version", "patient_id", "referral_id", "location_id")
    called_off = ("cancelled_by", "cancel_reason", "late")
    return {
        **{name: getattr(row, name) for name in (*names, *called_off, "starts_at", "ends_at")},
        "local_start": f"{row.starts_at.astimezone(ZoneInfo(row.timezone)):%H:%M}",
        "therapist": {"id": row.therapist_id, "name": row.therapist},
        "room": row.room_id and {"id": row.room_id, "name": row.room},
        "referral_reference": row.reference,
    }
