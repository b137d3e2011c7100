"""Time is held for a while, before anybody has decided; it expires by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.practice.location import Practice
from services.booking.refusals import HoldExpired
from services.booking.visits.book import announce, check, know_place, new_series
from services.booking.visits.bookable import Wanted
from services.booking.visits.claiming import claim_visits, release
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound


def hold(
    session: Session, order_id: UUID, visits: Sequence[Wanted], location_id: int | None = None
) -> tuple[Series, Practice]:
    """Claims time as a booking does, until `held_until`; nobody is told, and no visit of the order is reserved, but
    no more are held than the order still covers.

    Raises `NotFound`, `NoClinic`, `OrderEnded`, `NoVisitsLeft`, `Invalid`, `SlotTaken`.
    """
    order = reading.order(session, order_id, lock=True)
    practice = reading.practice(session, location_id, visits[0].room)
    check(session, order, practice, visits, held=_held(session, order_id))
    series = new_series(order, practice, visits, "held")
    series.held_until = practice.now + timedelta(minutes=practice.policy.hold_minutes)
    session.add(series)
    session.flush()
    claim_visits(session, order, practice, series.sessions)
    audit.record(session, "series_held", "series", series.id, visits=len(visits))
    return series, practice


def book_hold(session: Session, outbox: Outbox, series_id: UUID) -> Series:
    """What was held is booked, under the rules as of when it was held; booked already, it stays as it is.

    Raises `NotFound`, `NoClinic`, `HoldExpired`, `OrderEnded`, `NoVisitsLeft`, `Invalid`, `SlotTaken`.
    """
    series, practice = _locked(session, series_id)
    if series.held_until is None:
        return series
    if series.held_until <= practice.now:
        raise HoldExpired
    wanted = [Wanted(one.starts_at, one.therapist_id, one.room_id) for one in series.sessions]
    check(session, series.order, replace(practice, now=series.booked_at), wanted)
    _check_length(series)

    series.held_until, series.booked_at = None, practice.now
    for visit in series.sessions:
        visit.status = "booked"
    # claimed again, because whoever came the moment after its end may have taken it
    release(session, [one.id for one in series.sessions])
    session.flush()
    claim_visits(session, series.order, practice, series.sessions)
    know_place(series, practice)
    announce(session, outbox, series, practice)
    return series


def _check_length(series: Series) -> None:
    """The order may have been amended since."""
    length = timedelta(minutes=series.order.session_minutes)
    wrong = [index for index, one in enumerate(series.sessions) if one.ends_at - one.starts_at != length]
    if wrong:
        hint = "The order's sessions have another length now: hold the time again."
        raise Invalid(visits={str(index): {"start_at": [hint]} for index in wrong})


def _locked(session: Session, series_id: UUID) -> tuple[Series, Practice]:
    """With its order. Raises `NotFound`, and `HoldExpired` when it was a hold that is gone."""
    try:
        reading.order_of_series(session, series_id)
        series = reading.series(session, series_id)
    except NotFound:
        if session.scalar(_EXPIRED, {"series": str(series_id)}):
            raise HoldExpired from None
        raise
    return series, reading.practice(session, series.location_id)


_EXPIRED = text("SELECT 1 FROM audit WHERE object_type = 'series' AND object_id = :series AND act = 'hold_expired'")


def _held(session: Session, order_id: UUID) -> int:
    """Visits of an order that are held now."""
    held = select(func.count()).select_from(Visit).join(Series)
    held = held.where(Series.order_id == order_id, Series.held_until > func.fascia_now())
    return session.scalars(held).one()
