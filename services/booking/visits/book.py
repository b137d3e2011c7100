"""A series is booked whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from services.booking import reading
from services.booking.models import Location, Order, Series, Visit
from services.booking.practice.location import Practice
from services.booking.practice.taken import needs_of
from services.booking.refusals import NoVisitsLeft
from services.booking.telling import tell
from services.booking.visits.bookable import Wanted, mistakes
from services.booking.visits.claiming import claim_visits
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid


def book(
    session: Session, outbox: Outbox, order_id: UUID, visits: Sequence[Wanted], location_id: int | None = None
) -> tuple[Series, Practice]:
    """The series, and the practice that it was booked with; at the location of its rooms where none is said.

    Raises `NotFound`, `NoClinic`, `OrderEnded`, `NoVisitsLeft`, `Invalid`, `SlotTaken`.
    """
    order = reading.order(session, order_id, lock=True)
    practice = reading.practice(session, location_id, visits[0].room)

    check(session, order, practice, visits)
    series = new_series(order, practice, visits, "booked")
    session.add(series)
    session.flush()
    claim_visits(session, order, practice, series.sessions)
    announce(session, outbox, series, practice)
    return series, practice


def check(session: Session, order: Order, practice: Practice, visits: Sequence[Wanted], held: int = 0) -> None:
    """Whether the order covers the visits, `held` ones of it aside, and the clinic can have them."""
    order.must_be_in_force()
    if len(visits) > order.ledger.remaining - held:
        raise NoVisitsLeft(ledger=order.ledger.to_json(), **({"held": held} if held else {}))
    if found := mistakes(visits, practice, order.terms, order.ledger, needs_of(session, order)):
        raise Invalid(visits=found)


def new_series(order: Order, practice: Practice, visits: Sequence[Wanted], status: str) -> Series:
    series = Series(
        id=new_id(),
        order=order,
        visits=len(visits),
        version=1,
        booked_at=practice.now,
        location_id=None if order.home_visit else practice.location,
    )
    know_place(series, practice)
    series.sessions.extend(new_visits(series, visits, range(1, len(visits) + 1), status))
    return series


def know_place(series: Series, practice: Practice) -> None:
    """The location is as the practice was read, and need not be read again."""
    here = Location(id=practice.location, timezone=practice.timezone, address=practice.address)
    set_committed_value(series, "location", None if series.location_id is None else here)


def new_visits(series: Series, visits: Sequence[Wanted], numbers: Iterable[int], status: str) -> list[Visit]:
    length = timedelta(minutes=series.order.session_minutes)
    return [
        Visit(
            id=new_id(),
            series_id=series.id,
            number=number,
            status=status,
            version=1,
            sequence=0,
            starts_at=wanted.start_at,
            ends_at=wanted.start_at + length,
            therapist_id=wanted.therapist,
            room_id=wanted.room,
        )
        for number, wanted in zip(numbers, visits, strict=True)
    ]


def announce(session: Session, outbox: Outbox, series: Series, practice: Practice) -> None:
    """Every visit of a new series is reserved, told and written down."""
    order, now = series.order, practice.now
    for visit in series.sessions:
        order.enter("reserved", visit.id, visit.version, now)
    tell(session, outbox, order.id, now, [*(visit.booked() for visit in series.sessions), series.booked()])
    ids = [visit.id for visit in series.sessions]
    audit.record_all(session, "session_booked", "session", ids, series=str(series.id))
