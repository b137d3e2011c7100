"""Time that was held is given back: because it is not wanted, or because the hold is over."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.models import Series, Visit
from services.booking.visits.claiming import release
from services.booking.visits.freeing import free_again
from services.chassis import audit, clock
from services.chassis.refusals import NotFound
from services.chassis.runtime import Runtime

_TIMES = select(Visit.id, Visit.therapist_id, Visit.starts_at, Visit.ends_at)
_HELD = select(Series.id).where(Series.held_until.is_not(None))


def release_hold(session: Session, series_id: UUID) -> None:
    """Raises `NotFound`, also for a series that is booked."""
    if session.scalar(_HELD.where(Series.id == series_id).with_for_update()) is None:
        raise NotFound(hold_id=str(series_id))
    _remove(session, series_id, "hold_released")


def release_expired(running: Runtime) -> bool:
    """One hold that is over, in a transaction of its own; false when there is none that nobody else is at."""
    with running.sessions.begin() as session:
        return _release_one(session)


def _release_one(session: Session) -> bool:
    over = _HELD.where(Series.held_until <= func.fascia_now()).order_by(Series.held_until).limit(1)
    series_id = session.scalar(over.with_for_update(skip_locked=True))
    if series_id is None:
        return False
    _remove(session, series_id, "hold_expired")
    return True


def _remove(session: Session, series_id: UUID, act: str) -> None:
    visits = session.execute(_TIMES.where(Visit.series_id == series_id)).all()
    release(session, [one.id for one in visits])
    now = clock.now(session)
    for one in visits:
        free_again(session, one.therapist_id, Range(one.starts_at, one.ends_at), ["filled"], now)
    session.execute(delete(Visit).where(Visit.series_id == series_id))
    session.execute(delete(Series).where(Series.id == series_id))
    audit.record(session, act, "series", series_id, visits=len(visits))
