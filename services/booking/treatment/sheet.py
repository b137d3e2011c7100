"""The session sheet: what the therapist has to know before laying a hand on somebody.

Goals, areas and precautions in the physician's words stay with referrals; the page of the therapist puts both together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.booking import reading
from services.booking.models import Order, Series, Visit
from services.booking.refusals import NoNoteYet
from services.booking.treatment import note_rows, safety
from services.booking.treatment.day_check import found_today, zone_of
from services.booking.treatment.noted import noted_in
from services.booking.treatment.outcome import courses
from services.chassis import audit
from services.chassis.refusals import NotFound
from services.chassis.seal import Seal


def sheet(session: Session, seal: Seal, visit_id: UUID, *, clinical: bool) -> dict[str, Any]:
    """Terms, visits used and left; when `clinical`, also the gate's findings, the last note and the measures.

    Raises `NotFound`.
    """
    visit = _visit(session, visit_id)
    order = visit.series.order
    shown = {"session": visit, "order": order, "terms": order.terms, "ledger": order.ledger}
    if not clinical:
        return shown
    rules = reading.rules(session)
    zone = zone_of(visit.series, rules.timezone)
    today = found_today(session, seal, visit, zone, visit.completed_at or rules.now)
    audit.record(session, "sheet_read", "session", visit.id)
    care = safety.care_of(session, order)
    found = safety.findings(session, order, today=today, certifications=visit.therapist.certifications).to_json()
    return {
        **shown,
        "safety": {**found, "avoid": list(dict.fromkeys([*found["avoid"], *care.avoid]))},
        "permitted_if": care.permitted_if,
        "last_time": last_time(session, seal, order.id, visit.starts_at),
        "measures": courses(noted_in(session, seal, visit.series_id)),
    }


def last_time(session: Session, seal: Seal, order_id: UUID, before: datetime) -> dict[str, Any] | None:
    """What was done in the newest visit of the order that was kept before an instant, its words opened."""
    found = session.scalar(
        select(Visit)
        .join(Series)
        .where(Series.order_id == order_id, Visit.status == "completed", Visit.starts_at < before)
        .options(joinedload(Visit.note), joinedload(Visit.therapist))
        .order_by(Visit.starts_at.desc())
        .limit(1)
    )
    if found is None or found.note is None:
        return None
    return written(seal, found)


def note_of(session: Session, seal: Seal, visit_id: UUID) -> dict[str, Any]:
    """Raises `NotFound`, `NoNoteYet`."""
    visit = session.get(Visit, visit_id, options=[joinedload(Visit.note)])
    if visit is None:
        raise NotFound(session_id=str(visit_id))
    if visit.note is None:
        raise NoNoteYet
    audit.record(session, "note_read", "session", visit.id)
    return written(seal, visit)


def written(seal: Seal, visit: Visit) -> dict[str, Any]:
    """The note of a visit that has one."""
    assert visit.note
    return {
        "session_id": visit.id,
        "number": visit.number,
        "starts_at": visit.starts_at,
        "note": note_rows.opened(seal, visit.note),
        "version": visit.note.version,
        "written_at": visit.note.written_at,
        "written_by": visit.note.written_by,
    }


def _visit(session: Session, visit_id: UUID) -> Visit:
    series = joinedload(Visit.series)
    order = series.joinedload(Series.order).selectinload(Order.entries)
    found = session.get(Visit, visit_id, options=[*reading.PLACE, order, series.joinedload(Series.location)])
    if found is None:
        raise NotFound(session_id=str(visit_id))
    return found
