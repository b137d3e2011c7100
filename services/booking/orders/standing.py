"""How orders stand: what the desk is warned about before it plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order
from services.booking.orders.coverage import Booked
from services.booking.orders.renewal import reasons
from services.booking.orders.uncovered import to_come_of, uncovered
from services.booking.practice.policy import Policy
from services.booking.reading import Rules
from services.booking.refusals import NoClinic
from services.chassis import clock


def standings(session: Session, orders: Sequence[Order]) -> dict[UUID, dict[str, Any]]:
    """`ends_in_days` counts from today, below 0 once the last day is over. Two queries, however many orders."""
    rules = _rules(session)
    to_come = to_come_of(session, [one.id for one in orders])
    return {one.id: _standing(one, to_come, rules) for one in orders}


def _rules(session: Session) -> Rules:
    """Before a clinic is loaded orders are shown all the same."""
    try:
        return reading.rules(session)
    except NoClinic:
        return Rules(Policy(), "UTC", clock.now(session))


def _standing(order: Order, to_come: Mapping[UUID, Sequence[Booked]], rules: Rules) -> dict[str, Any]:
    today = rules.now.astimezone(ZoneInfo(rules.timezone)).date()
    flags = _flags(order, today, rules.policy)
    if uncovered(order, to_come.get(order.id, ()), rules.now):
        flags.append("uncovered_visits")
    return {
        "ended_how": order.ended_how,
        "ended_at": order.ended_at,
        "remaining": order.ledger.remaining,
        "ends_in_days": (order.valid_until - today).days,
        "flags": flags,
    }


def _flags(order: Order, today: date, policy: Policy) -> list[str]:
    if order.ended_at:
        return ["ended"]
    if order.valid_until < today:
        return ["expired"]
    return list(reasons(order.ledger, order.valid_until, today, policy))
