"""A visit took place, and its note is written."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import SessionNote, Visit
from services.booking.refusals import PressureAboveCeiling
from services.booking.telling import tell
from services.chassis import audit, clock
from services.chassis.outbox import Outbox
from services.chassis.seal import Seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Pain 0 to 10, pressure 1 to 5 (Walton)."""

    pain_before: int
    pain_after: int
    pressure: int
    techniques: list[str]
    note: str = ""


def complete(session: Session, outbox: Outbox, seal: Seal, visit_id: UUID, note: Note) -> Visit:
    """Completed, its visit consumed; the last one completes the series. The words of the note are kept sealed.

    The same note again, after an answer that was lost, changes nothing and is answered alike.
    Raises `NotFound`, `SessionNotOpen`, `SessionNotBegun`, `PressureAboveCeiling`.
    """
    series, visit = reading.series_of(session, visit_id)
    now = clock.now(session)

    if visit.note and _written(visit.note, seal) == note:
        return visit
    _check_pressure(note.pressure, series.order.pressure_ceiling)
    completed, all_completed = visit.complete(now), series.complete(now)

    sealed = replace(note, note=seal.close(note.note))
    session.add(
        SessionNote(session_id=visit.id, written_at=now, areas=[], recommendation="", written_by="", **asdict(sealed))
    )
    series.order.enter("consumed", visit.id, visit.version, now)
    tell(session, outbox, series.order_id, now, [completed, all_completed])
    audit.record(session, "session_completed", "session", visit.id)
    if all_completed:
        audit.record(session, "series_completed", "series", series.id)
    return visit


def _written(kept: SessionNote, seal: Seal) -> Note:
    told = {field.name: getattr(kept, field.name) for field in fields(Note)}
    return replace(Note(**told), note=seal.open(kept.note))


def _check_pressure(pressure: int, ceiling: int | None) -> None:
    if ceiling is not None and pressure > ceiling:
        raise PressureAboveCeiling(ceiling=ceiling, pressure=pressure)
