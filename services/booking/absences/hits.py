"""Which visits to come an absence hits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager

from services.booking.models import Absence, Series, Visit

TO_COME = ("booked", "confirmed", "arrived")


def hit(session: Session, absence: Absence, now: datetime) -> Sequence[Visit]:
    """In order of time, each with its series; those that were moved or cancelled since are not hit any more."""
    if absence.withdrawn_at is not None:
        return []
    visits = (
        select(Visit)
        .join(Visit.series)
        .where(
            or_(Visit.therapist_id == absence.resource_id, Visit.room_id == absence.resource_id),
            func.tstzrange(Visit.starts_at, Visit.ends_at).op("&&")(absence.during),
            Visit.status.in_(TO_COME),
            Visit.starts_at > now,
            Visit.starts_at < absence.during.upper,
            Series.held_until.is_(None),
        )
        .options(contains_eager(Visit.series))
        .order_by(Visit.starts_at, Visit.id)
    )
    return session.scalars(visits).all()
