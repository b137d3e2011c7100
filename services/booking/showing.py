"""What the desk looks up: the clinic, the orders of a referral, a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.booking import reading
from services.booking.models import Clinic, Closure, Location, Order, Room, Series, Therapist, Visit
from services.booking.orders.standing import standings
from services.booking.practice.location import Practice
from services.booking.treatment import safety
from services.chassis.refusals import NotFound

MOST_ORDERS = 100


def clinic(session: Session) -> dict[str, Any] | None:
    """The clinic with everyone it ever had, the inactive too; None while none is loaded."""
    found = session.scalar(select(Clinic))
    if found is None:
        return None
    therapists = (
        select(Therapist)
        .options(*map(selectinload, (Therapist.hours, Therapist.special_hours, Therapist.licences)))
        .order_by(Therapist.id)
    )
    return {
        "clinic": found,
        "locations": session.scalars(select(Location).order_by(Location.id)).all(),
        "therapists": session.scalars(therapists).all(),
        "rooms": session.scalars(select(Room).order_by(Room.id)).all(),
        "closures": session.scalars(select(Closure).order_by(Closure.first_on)).all(),
    }


def orders(session: Session, referral_id: UUID | None) -> list[dict[str, Any]]:
    """Newest first, with terms, ledger and the ids of their series."""
    found = select(Order).options(selectinload(Order.entries)).order_by(Order.id.desc()).limit(MOST_ORDERS)
    if referral_id:
        found = found.where(Order.referral_id == referral_id)
    orders = session.scalars(found).all()
    series = _series_of(session, [order.id for order in orders])
    standing = standings(session, orders)
    return [{**_order(session, order, series.get(order.id, [])), **standing[order.id]} for order in orders]


def _order(session: Session, order: Order, series: list[UUID]) -> dict[str, Any]:
    names = ("id", "referral_id", "reference", "patient_id", "version", "accepted_at")
    shown = {name: getattr(order, name) for name in names}
    shown["pressure_ceiling"] = safety.ceiling_of(session, order)
    return {**shown, "terms": order.terms, "ledger": order.ledger, "series": series}


def _series_of(session: Session, order_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    booked = select(Series.order_id, Series.id).where(Series.order_id.in_(order_ids), Series.held_until.is_(None))
    rows = session.execute(booked.order_by(Series.id))
    series: dict[UUID, list[UUID]] = {}
    for order_id, series_id in rows:
        series.setdefault(order_id, []).append(series_id)
    return series


def series(session: Session, series_id: UUID) -> Series:
    """Raises `NotFound`."""
    sessions = selectinload(Series.sessions).options(*reading.PLACE)
    whole = [joinedload(Series.order).selectinload(Order.entries), sessions]
    found = session.get(Series, series_id, options=whole)
    if found is None or found.held_until:
        raise NotFound(series_id=str(series_id))
    return found


def series_with_ledger(series: Series) -> dict[str, Any]:
    """As a booking is answered."""
    return {"series_id": series.id, "sessions": series.sessions, "ledger": series.order.ledger}


def extended(visits: Sequence[Visit]) -> dict[str, Any]:
    """Visits that were added to a series."""
    series = visits[0].series
    return {**series_with_ledger(series), "sessions": visits}


def held(series: Series, practice: Practice) -> dict[str, Any]:
    """A series that was held a moment ago."""
    return {**booked(series, practice), "order_id": series.order.id, "held_until": series.held_until}


def hold(session: Session, series_id: UUID) -> dict[str, Any]:
    """Raises `NotFound`, also when it is over or booked."""
    found = session.scalar(
        select(Series)
        .where(Series.id == series_id, Series.held_until > func.fascia_now())
        .options(selectinload(Series.sessions).options(*reading.PLACE))
    )
    if found is None:
        raise NotFound(hold_id=str(series_id))
    return {
        "series_id": found.id,
        "order_id": found.order_id,
        "held_until": found.held_until,
        "sessions": found.sessions,
    }


def booked(series: Series, practice: Practice) -> dict[str, Any]:
    """A series that was booked a moment ago, without asking the database again."""
    therapists = {one.id: one.name for one in practice.therapists}
    return {
        "series_id": series.id,
        "sessions": [_booked(visit, therapists, practice.rooms) for visit in series.sessions],
        "ledger": series.order.ledger,
    }


_CALLED_OFF = ("cancelled_by", "cancel_reason", "late")


def _booked(visit: Visit, therapists: Mapping[int, str], rooms: Mapping[int, str]) -> dict[str, Any]:
    names = ("id", "number", "starts_at", "ends_at", "status", "version", *_CALLED_OFF)
    room = visit.room_id
    return {
        **{name: getattr(visit, name) for name in names},
        "therapist": {"id": visit.therapist_id, "name": therapists[visit.therapist_id]},
        "room": None if room is None else {"id": room, "name": rooms[room]},
    }
