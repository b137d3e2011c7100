"""Times that become free again are noted, so that they can be offered to whoever waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
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


# Not what is being offered still.
GAVE_WAY = text("""
    SELECT DISTINCT therapist_id AS therapist, location_id AS location,
           lower(during) AS starts_at, upper(during) AS ends_at
      FROM freed
     WHERE therapist_id = :therapist AND during && tstzrange(:begins, :ends) AND status = ANY(:how)
       AND NOT EXISTS (
           SELECT FROM freed AS other
            WHERE other.therapist_id = :therapist AND other.status = 'open' AND other.during && freed.during)""")


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


def free_again(session: Session, therapist: int, during: Range[datetime], how: Sequence[str], now: datetime) -> None:
    """What was freed in this time, and ended in one of these ways because it was taken for a while."""
    asked = {"therapist": therapist, "begins": during.lower, "ends": during.upper, "how": list(how)}
    note_freed(session, [Gone(**row._mapping) for row in session.execute(GAVE_WAY, asked)], now)
