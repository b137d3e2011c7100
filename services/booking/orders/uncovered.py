"""Visits that are booked under an order which does not cover them any more: the desk is asked what shall be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order, Uncovered
from services.booking.orders import coverage
from services.booking.orders.coverage import Booked, Why
from services.booking.telling import tell
from services.chassis import audit, clock
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.runtime import Runtime
from services.contracts.booking import DeskAsked

# Local dates are those of the place; a patient's home has the clinic's time.
TO_COME = text("""
    SELECT order_id, sessions.id, (starts_at AT TIME ZONE coalesce(locations.timezone, clinic.timezone))::date AS on,
           starts_at, ends_at, room_id IS NULL AS at_home
      FROM series
      JOIN sessions ON series_id = series.id AND status IN ('booked', 'confirmed', 'arrived')
      CROSS JOIN clinic
      LEFT JOIN locations ON locations.id = location_id
     WHERE order_id = ANY(CAST(:orders AS uuid[]))
     ORDER BY starts_at""")

LAPSED = text("""
    SELECT orders.id
      FROM sessions JOIN series ON series.id = series_id JOIN orders ON orders.id = order_id
      CROSS JOIN clinic LEFT JOIN locations ON locations.id = location_id
     WHERE status IN ('booked', 'confirmed', 'arrived') AND starts_at > fascia_now()
       AND valid_until < (starts_at AT TIME ZONE coalesce(locations.timezone, clinic.timezone))::date
       AND NOT EXISTS (SELECT FROM uncovered WHERE order_id = orders.id AND order_version = orders.version)
     LIMIT 1
       FOR UPDATE OF orders SKIP LOCKED""")


def visits_to_come(session: Session, order_id: UUID) -> list[Booked]:
    """Of all series of an order, in order of time; what is only held is not among them."""
    return to_come_of(session, [order_id]).get(order_id, [])


def to_come_of(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, list[Booked]]:
    found: dict[UUID, list[Booked]] = {}
    for row in session.execute(TO_COME, {"orders": [str(one) for one in order_ids]}):
        visit = Booked(row.id, row.on, row.starts_at, row.ends_at, row.at_home)
        found.setdefault(row.order_id, []).append(visit)
    return found


def uncovered(order: Order, visits: Sequence[Booked], now: datetime) -> dict[UUID, Why]:
    return coverage.uncovered(visits, order.terms, order.ledger, now, order.ended_at)


def ask_about_uncovered(session: Session, outbox: Outbox, order: Order) -> None:
    """Once for each version of an order that leaves booked visits uncovered."""
    visits = visits_to_come(session, order.id)
    if not visits or not uncovered(order, visits, now := clock.now(session)):
        return
    row = insert(Uncovered).values(order_id=order.id, order_version=order.version, asked_at=now)
    if session.scalar(row.on_conflict_do_nothing().returning(Uncovered.order_id)):
        asked = DeskAsked(
            version=1,
            task_id=new_id(),
            about="uncovered_visits",
            referral_id=order.referral_id,
            patient_id=order.patient_id,
            asked_at=now,
        )
        tell(session, outbox, order.id, now, [asked])
        audit.record(session, "desk_asked", "order", order.id, about="uncovered_visits")


def look_at_lapsed(running: Runtime) -> bool:
    """One order with visits booked beyond its last day that nobody was asked about; false when there is none."""
    with running.sessions.begin() as session:
        order_id = session.scalar(LAPSED)
        if order_id:
            ask_about_uncovered(session, running.outbox, reading.order(session, order_id))
    return order_id is not None
