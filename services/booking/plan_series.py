"""The best series that can be booked for an order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import availability, reading
from services.booking.availability import Period, Wish
from services.booking.ledger import Ledger
from services.booking.models import Order
from services.booking.planner import plan
from services.booking.planning.answer import Plan
from services.booking.planning.errors import ProblemError
from services.booking.practice import Practice
from services.booking.refusals import NoVisitsLeft, OrderExpired
from services.chassis.refusals import Invalid


def plan_series(session: Session, order_id: UUID, wish: Wish) -> dict[str, Any]:
    """The planner's answer. Raises `NotFound`, `NoClinic`, `NoVisitsLeft`, `OrderExpired`, `Invalid`."""
    order = reading.order(session, order_id)
    practice = reading.practice(session)
    visits = visits_to_plan(order.ledger, wish)
    when = availability.period(practice, order.terms, order.ledger, wish)
    check(when, order, practice, wish)
    return answer(solve(session, order, practice, when, visits, wish), order, practice)


def visits_to_plan(ledger: Ledger, wish: Wish) -> int:
    visits = ledger.remaining if wish.visits is None else wish.visits
    if not 1 <= visits <= ledger.remaining:
        raise NoVisitsLeft(ledger=ledger.to_json())
    return visits


def check(when: Period, order: Order, practice: Practice, wish: Wish) -> None:
    last = min(order.valid_until, when.first_by or order.valid_until)
    if last < practice.today:
        raise OrderExpired(valid_until=last.isoformat())
    if when.latest < when.earliest:
        raise Invalid(latest=["Give a date that is not before `earliest`; the order's end counts too."])
    asked = wish.therapist
    if asked is not None and asked not in {one.id for one in practice.who_may_treat(order.techniques)}:
        raise Invalid(therapist=["Choose a therapist of the clinic who may treat under this order."])


def solve(session: Session, order: Order, practice: Practice, when: Period, visits: int, wish: Wish) -> Plan:
    patient = order.patient_resource_id
    resources = [one.id for one in practice.therapists] + [*practice.rooms, patient]
    claims = reading.claims(session, resources, practice.timezone, when)
    try:
        return plan(availability.problem(practice, order.terms, when, visits, patient, claims, wish))
    except ProblemError as error:
        raise Invalid(**{error.path: [error.hint]}) from None


def answer(plan: Plan, order: Order, practice: Practice) -> dict[str, Any]:
    """The plan as JSON; each relaxation also says whether the order allows it as it stands."""
    said = plan.to_json()
    for relaxation in said["relaxations"]:
        relaxation["within_order"] = _within_order(relaxation["change"], order)
    return said


def _within_order(change: dict[str, Any], order: Order) -> bool:
    if {"first_by", "session_minutes"} & change.keys():
        return False
    return str(change.get("latest", "")) <= order.valid_until.isoformat()
