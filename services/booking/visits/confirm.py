"""A patient says that they will come, or that they will not: at the desk, or by answering a text."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Visit
from services.booking.refusals import SessionBegun, SessionNotOpen
from services.booking.telling import tell
from services.booking.visits.cancel import cancel
from services.chassis import audit, clock
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound
from services.contracts.notify import PatientReplied

log = structlog.get_logger()


def confirm(
    session: Session, outbox: Outbox, visit_id: UUID, patient_id: UUID | None = None, *, expected: int | None = None
) -> Visit:
    """Confirmed; saying it again changes nothing. `patient_id` is who says so, if not the desk.

    Raises `NotFound`, `StaleVersion`, `SessionNotOpen`.
    """
    series, visit = reading.series_of(session, visit_id)
    if patient_id not in (None, series.order.patient_id):
        raise NotFound(session_id=str(visit_id))
    visit.expect(expected)
    now = clock.now(session)
    confirmed = visit.confirm(now)
    if confirmed:
        tell(session, outbox, series.order_id, now, [confirmed])
        audit.record(session, "session_confirmed", "session", visit.id)
    return visit


def patient_replied(session: Session, outbox: Outbox, reply: PatientReplied) -> None:
    """A reply that comes when the visit is over or cancelled has no effect. Raises `NotFound`."""
    visit_id, patient_id = reply.session_id, reply.patient_id
    try:
        if reply.intent == "cancel":
            cancel(session, outbox, visit_id, by="patient", reason="patient_asked", patient_id=patient_id)
        else:
            confirm(session, outbox, visit_id, patient_id)
    except (SessionNotOpen, SessionBegun) as refusal:
        log.info("reply_too_late", session_id=str(visit_id), intent=reply.intent, refusal=refusal.code)
