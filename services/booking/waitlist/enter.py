"""A patient waits: for an earlier time of a visit, or for one more visit at a time that is full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order, Series, Therapist, Visit, Waiting
from services.booking.planning.parts import Window
from services.booking.refusals import AlreadyWaiting, NoVisitsLeft, SessionNotOpen
from services.booking.waitlist.turns import end_open_offer
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Local dates, both included; windows of the week; what is None is any."""

    order_id: UUID
    session_id: UUID | None = None
    possible: tuple[Window, ...] | None = None
    first_on: date | None = None
    last_on: date | None = None
    therapist: int | None = None


def wait(session: Session, wish: Wait) -> Waiting:
    """Raises `NotFound`, `NoClinic`, `OrderEnded`, `AlreadyWaiting`, `SessionNotOpen`, `NoVisitsLeft`, `Invalid`."""
    order = reading.order(session, wish.order_id, lock=True)
    practice = reading.practice(session)
    order.must_be_in_force()
    if wish.therapist is not None and session.get(Therapist, wish.therapist) is None:
        raise Invalid(therapist=["Choose a therapist of the clinic."])
    location = _location(session, order, wish, practice.location)
    waiting = Waiting(
        id=new_id(),
        order_id=order.id,
        session_id=wish.session_id,
        location_id=location,
        possible=None if wish.possible is None else [window.to_json() for window in wish.possible],
        first_on=wish.first_on,
        last_on=wish.last_on,
        therapist_id=wish.therapist,
        status="waiting",
        version=1,
        since=practice.now,
    )
    session.add(waiting)
    audit.record(session, "waiting_entered", "waiting", waiting.id)
    return waiting


def withdraw(session: Session, outbox: Outbox, waiting_id: UUID) -> None:
    """Nobody waits any more; an open offer ends with it. Raises `NotFound`."""
    waiting = session.get(Waiting, waiting_id, with_for_update=True)
    if waiting is None:
        raise NotFound(waiting_id=str(waiting_id))
    end_open_offer(session, outbox, waiting)
    if waiting.status == "waiting":
        waiting.end("ended", reading.rules(session).now)
        audit.record(session, "waiting_withdrawn", "waiting", waiting.id)


def _location(session: Session, order: Order, wish: Wait, first: int | None) -> int | None:
    """Where the visit would be: where its series is, and a new one where the order's newest series is."""
    if wish.session_id is not None:
        visit = session.get(Visit, wish.session_id)
        if visit is None or visit.series.order_id != order.id:
            raise Invalid(session_id=["Choose a session of this order."])
        if not visit.is_to_come:
            raise SessionNotOpen(status=visit.status)
        if session.scalar(select(exists().where(Waiting.session_id == visit.id, Waiting.status == "waiting"))):
            raise AlreadyWaiting
        return visit.series.location_id
    if order.ledger.remaining < 1:
        raise NoVisitsLeft(ledger=order.ledger.to_json())
    newest = select(Series.location_id).where(Series.order_id == order.id).order_by(Series.id.desc()).limit(1)
    return None if order.home_visit else session.scalar(newest) or first
