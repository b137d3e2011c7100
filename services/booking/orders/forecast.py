"""How many of an order's visits still fit before its end."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order
from services.booking.plan_series import planned
from services.booking.practice.availability import Wish
from services.booking.practice.taken import needs_of
from services.booking.refusals import OrderExpired


def forecast(session: Session, order_id: UUID) -> dict[str, Any]:
    """Raises `NotFound`, `NoClinic`."""
    order = reading.order(session, order_id)
    left = order.ledger.remaining
    dates = _dates(session, order) if left and order.ended_at is None else []
    return {
        "order_id": order.id,
        "ledger": order.ledger,
        "valid_until": order.valid_until,
        "fits": len(dates),
        "last_on": dates[-1] if dates else None,
        "enough": len(dates) >= left,
    }


def _dates(session: Session, order: Order) -> list[date]:
    try:
        found = planned(session, order, needs_of(session, order), Wish(alternatives=0))
    except OrderExpired:
        return []
    return [visit.date for visit in found.plan.visits]
