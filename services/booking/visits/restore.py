"""A visit was cancelled, or entered as missed, by mistake."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order, Series, Visit
from services.booking.orders.ledger import Act
from services.booking.refusals import NoVisitsLeft
from services.booking.telling import tell
from services.booking.visits.claiming import claim_visits
from services.chassis import audit
from services.chassis.outbox import Outbox


def restore(session: Session, outbox: Outbox, visit_id: UUID, *, expected: int | None = None) -> Visit:
    """Booked again at its old time, if that is still free, and a visit of the order reserved for it again.

    What was not called off stays as it is. Raises `NotFound`, `NoClinic`, `StaleVersion`, `SessionNotOpen`,
    `OrderEnded`, `NoVisitsLeft`, `SlotTaken`.
    """
    order = reading.order_of_visit(session, visit_id)
    series, visit = reading.series_of(session, visit_id)
    visit.expect(expected)
    practice = reading.practice(session, series.location_id)
    restored = visit.restore(_number(series, visit), practice.now)
    if restored is None:
        return visit
    _check(order, visit)

    series.visits = max(series.visits, visit.number)
    order.enter("reserved", visit.id, visit.version, practice.now)
    session.flush()
    claim_visits(session, order, practice, [visit])
    tell(session, outbox, order.id, practice.now, [restored, series.settle(practice.now)])
    audit.record(session, "session_restored", "session", visit.id)
    return visit


def _number(series: Series, visit: Visit) -> int:
    """Its own, unless another visit was given it meanwhile."""
    if visit.status != "cancelled":
        return visit.number
    taken = {one.number for one in series.sessions if one.status != "cancelled"}
    return visit.number if visit.number not in taken else series.free_numbers(1)[0]


def _check(order: Order, visit: Visit) -> None:
    order.must_be_in_force()
    if _fate(order, visit) == "returned" and order.ledger.remaining < 1:
        raise NoVisitsLeft(ledger=order.ledger.to_json())


def _fate(order: Order, visit: Visit) -> Act:
    """What became of the order's visit when this one was called off."""
    return max((one for one in order.entries if one.session_id == visit.id), key=lambda one: one.version).act
