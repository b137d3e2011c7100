"""A patient did not come."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Visit
from services.booking.orders.renew import advise_renewal
from services.booking.telling import tell
from services.booking.visits.claiming import release
from services.chassis import audit
from services.chassis.outbox import Outbox


def miss(session: Session, outbox: Outbox, visit_id: UUID, *, expected: int | None = None) -> Visit:
    """Missed, its visit of the order forfeited or returned as the clinic says; saying it again changes nothing.

    Raises `NotFound`, `NoClinic`, `StaleVersion`, `SessionNotOpen`, `PatientArrived`, `SessionNotBegun`.
    """
    series, visit = reading.series_of(session, visit_id)
    visit.expect(expected)
    rules = reading.rules(session)
    missed = visit.miss(rules.policy, rules.now)
    if missed:
        series.order.enter(missed.visit, visit.id, visit.version, rules.now)
        release(session, [visit.id])
        tell(session, outbox, series.order_id, rules.now, [missed, series.settle(rules.now)])
        if missed.visit == "forfeited":
            advise_renewal(session, outbox, series.order_id)
        audit.record(session, "session_missed", "session", visit.id)
    return visit
