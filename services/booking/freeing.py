"""Times that become free again are noted, so that they can be offered to whoever waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.models import Freed
from services.chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class Gone:
    """A time that a session had, and has no longer. `location` is None for a home visit."""

    therapist: int
    location: int | None
    starts_at: datetime
    ends_at: datetime


def note_freed(session: Session, gone: Iterable[Gone], now: datetime) -> None:
    """Written in the transaction that frees the time; what is past already nobody can be offered."""
    session.add_all(
        Freed(
            id=new_id(),
            therapist_id=one.therapist,
            location_id=one.location,
            during=Range(one.starts_at, one.ends_at),
            freed_at=now,
            status="open",
        )
        for one in gone
        if one.starts_at > now
    )
