"""What an order's patient, and others like them, had already."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.booking.models import Order, Series, Visit

SIMILAR = text("""
    SELECT therapist_id, count(DISTINCT series.id) AS series
      FROM orders
      JOIN series ON series.order_id = orders.id AND series.completed_at IS NOT NULL
      JOIN sessions ON sessions.series_id = series.id AND sessions.status = 'completed'
     WHERE condition_keys && CAST(:conditions AS text[])
     GROUP BY therapist_id""")


def treated(session: Session, order: Order) -> dict[int, int]:
    """How many completed series for a similar condition each therapist had a part in, by therapist."""
    if not order.condition_keys:
        return {}
    rows = session.execute(SIMILAR, {"conditions": order.condition_keys})
    return {row.therapist_id: row.series for row in rows}


def last_visit(session: Session, order_id: UUID) -> Visit | None:
    """The latest that took place, or is booked, under an order."""
    found = (
        select(Visit)
        .join(Series)
        .where(Series.order_id == order_id, Visit.status.in_(("booked", "confirmed", "arrived", "completed")))
        .order_by(Visit.starts_at.desc())
        .limit(1)
    )
    return session.scalar(found)
