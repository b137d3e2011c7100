"""Who may treat under an order, and who suits best."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order
from services.booking.practice.location import Practice
from services.booking.practice.matching import Match, matches
from services.booking.practice.needs import Needs
from services.booking.practice.taken import needs_of
from services.booking.practice.treated import treated


def suited(session: Session, order_id: UUID, location_id: int | None = None) -> list[dict[str, Any]]:
    """Every active therapist with the reasons for and against, as seen from one location.

    Raises `NotFound`, `NoClinic`, `Invalid`.
    """
    order = reading.order(session, order_id)
    practice = reading.practice(session, location_id)
    return [one.to_json() for one in ranked(session, order, practice, needs_of(session, order))]


def ranked(session: Session, order: Order, practice: Practice, needs: Needs) -> list[Match]:
    until = min(order.valid_until, practice.horizon)
    return matches(practice, order.terms, needs, treated(session, order), until)
