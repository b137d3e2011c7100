"""A series is booked whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.bookable import Claimed, Wanted, claims_of, mistakes
from services.booking.claiming import claim
from services.booking.models import Order, Series, Visit
from services.booking.practice import Practice
from services.booking.refusals import NoVisitsLeft
from services.booking.telling import tell
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid


def book(session: Session, outbox: Outbox, order_id: UUID, visits: Sequence[Wanted]) -> tuple[Series, Practice]:
    """The series, and the practice that it was booked with.

    Raises `NotFound`, `NoClinic`, `NoVisitsLeft`, `Invalid`, and PostgreSQL's exclusion violation when a
    time is taken.
    """
    order = reading.order(session, order_id, lock=True)
    practice = reading.practice(session)

    _check(order, practice, visits)
    series = _series(order, practice, visits)
    session.add(series)
    session.flush()
    claim(session, _claims(series, practice))
    for visit in series.sessions:
        order.enter("reserved", visit.id, visit.version, practice.now)
    tell(session, outbox, order.id, practice.now, [*(visit.booked() for visit in series.sessions), series.booked()])
    ids = [visit.id for visit in series.sessions]
    audit.record_all(session, "session_booked", "session", ids, series=str(series.id))
    return series, practice


def _check(order: Order, practice: Practice, visits: Sequence[Wanted]) -> None:
    if len(visits) > order.ledger.remaining:
        raise NoVisitsLeft(ledger=order.ledger.to_json())
    if found := mistakes(visits, practice, order.terms, order.ledger):
        raise Invalid(visits=found)


def _series(order: Order, practice: Practice, visits: Sequence[Wanted]) -> Series:
    series = Series(id=new_id(), order=order, visits=len(visits), version=1, booked_at=practice.now)
    for number, wanted in enumerate(visits, 1):
        series.sessions.append(_visit(series, number, wanted, order))
    return series


def _visit(series: Series, number: int, wanted: Wanted, order: Order) -> Visit:
    return Visit(
        id=new_id(),
        series_id=series.id,
        number=number,
        status="booked",
        version=1,
        sequence=0,
        starts_at=wanted.start_at,
        ends_at=wanted.start_at + timedelta(minutes=order.session_minutes),
        therapist_id=wanted.therapist,
        room_id=wanted.room,
    )


def _claims(series: Series, practice: Practice) -> list[tuple[UUID, Claimed]]:
    order, buffers = series.order, {one.id: one.buffer_minutes for one in practice.therapists}
    return [
        (visit.id, claimed)
        for visit in series.sessions
        for claimed in claims_of(
            Wanted(visit.starts_at, visit.therapist_id, visit.room_id),
            order.patient_resource_id,
            buffers[visit.therapist_id],
            order.terms,
        )
    ]
