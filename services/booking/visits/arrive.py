"""A patient is here."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Visit
from services.booking.telling import tell
from services.chassis import audit, clock
from services.chassis.outbox import Outbox


def arrive(session: Session, outbox: Outbox, visit_id: UUID, *, expected: int | None = None) -> Visit:
    """Arrived, on the day of the visit; saying it again changes nothing.

    Raises `NotFound`, `NoClinic`, `StaleVersion`, `SessionNotOpen`, `SessionNotToday`.
    """
    series, visit = reading.series_of(session, visit_id)
    visit.expect(expected)
    rules = reading.rules(session)
    place = series.location
    arrived = visit.arrive(rules.now, ZoneInfo(place.timezone if place else rules.timezone))
    if arrived:
        tell(session, outbox, series.order_id, rules.now, [arrived])
        audit.record(session, "session_arrived", "session", visit.id)
    return visit


def undo_arrival(session: Session, outbox: Outbox, visit_id: UUID, *, expected: int | None = None) -> Visit:
    """Not here after all: as it was before. Raises `NotFound`, `StaleVersion`, `SessionNotOpen`."""
    series, visit = reading.series_of(session, visit_id)
    visit.expect(expected)
    now = clock.now(session)
    restored = visit.undo_arrival(now)
    if restored:
        tell(session, outbox, series.order_id, now, [restored])
        audit.record(session, "session_arrival_undone", "session", visit.id)
    return visit
