"""The best series that can be booked for an order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order
from services.booking.orders.ledger import Ledger
from services.booking.planner import plan
from services.booking.planning.answer import Plan
from services.booking.planning.errors import ProblemError
from services.booking.practice import availability
from services.booking.practice.availability import Period, Wish
from services.booking.practice.location import Practice
from services.booking.practice.matching import who_may_treat
from services.booking.practice.needs import Needs
from services.booking.practice.suited import ranked
from services.booking.practice.taken import needs_of, taken
from services.booking.practice.treated import last_visit
from services.booking.refusals import NoVisitsLeft, OrderExpired
from services.booking.treatment import safety
from services.chassis.refusals import Invalid, Refusal


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the location that it is for."""

    plan: Plan
    practice: Practice

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Less is better: feasible, then most visits, then least cost."""
        forecast = self.plan.forecast
        return not self.plan.feasible, -forecast.visits, forecast.cost


def plan_series(session: Session, order_id: UUID, wish: Wish) -> dict[str, Any]:
    """The planner's answer for the location asked for, or else for the one where it is best, and who may treat.

    Raises `NotFound`, `NoClinic`, `OrderEnded`, `BlockedBySafetyGate`, `NoVisitsLeft`, `OrderExpired`, `Invalid`.
    """
    order = reading.order(session, order_id)
    needs = needs_for(session, order, wish)
    best = planned(session, order, needs, wish)
    return {
        **answer(best.plan, order, best.practice),
        "location": None if order.home_visit else best.practice.location,
        "therapists": [one.to_json() for one in ranked(session, order, best.practice, needs)],
    }


def planned(session: Session, order: Order, needs: Needs, wish: Wish) -> Planned:
    """Raises as `plan_series` does."""
    order.must_be_in_force()
    safety.check(session, order)
    practice = reading.practice(session, None if order.home_visit else wish.location)
    visits = visits_to_plan(order.ledger, wish)
    wish = continued(session, order, practice, wish)
    return _best(session, order, needs, [practice, *_other_places(session, order, practice, wish)], visits, wish)


def needs_for(session: Session, order: Order, wish: Wish) -> Needs:
    """The patient's, with what the desk asks in its place."""
    needs = needs_of(session, order)
    return needs if wish.therapist_sex is None else replace(needs, sex=wish.therapist_sex)


def visits_to_plan(ledger: Ledger, wish: Wish) -> int:
    visits = ledger.remaining if wish.visits is None else wish.visits
    if not 1 <= visits <= ledger.remaining:
        raise NoVisitsLeft(ledger=ledger.to_json())
    return visits


def continued(session: Session, order: Order, practice: Practice, wish: Wish) -> Wish:
    """The wish, going on from the order's last visit in its rhythm, where there is one and its rhythm allows it."""
    if wish.before or order.ledger.untouched:
        return wish
    last = last_visit(session, order.id)
    if last is None:
        return wish
    when = availability.period(practice, order.terms, order.ledger, wish)
    gap = wish.gap_days or availability.usual_gap(order.terms)
    return replace(wish, before=availability.before(practice, when, gap, last.starts_at, last.therapist_id))


def _other_places(session: Session, order: Order, practice: Practice, wish: Wish) -> Iterator[Practice]:
    """Visits at home are nobody's location: the first location's zone and state count."""
    if wish.location is None and not order.home_visit:
        for location in practice.locations:
            if location != practice.location:
                yield reading.practice(session, location)


def _best(session: Session, order: Order, needs: Needs, places: Sequence[Practice], visits: int, wish: Wish) -> Planned:
    found: list[Planned] = []
    refused: list[Refusal] = []
    for practice in places:
        when = availability.period(practice, order.terms, order.ledger, wish)
        try:
            check(when, order, practice, wish, needs)
            found.append(Planned(solve(session, order, practice, when, visits, wish, needs=needs), practice))
        except Refusal as refusal:
            refused.append(refusal)
    if not found:
        raise refused[0]
    return min(found, key=lambda one: one.rank)


def check(when: Period, order: Order, practice: Practice, wish: Wish, needs: Needs) -> None:
    last = min(order.valid_until, when.first_by or order.valid_until)
    if last < practice.today:
        raise OrderExpired(valid_until=last.isoformat())
    if when.latest < when.earliest:
        hint = "Give a date that is not before `earliest`; the order's end and the clinic's horizon count too."
        raise Invalid(latest=[hint])
    if any(not when.earliest <= one.date <= when.latest for one in wish.kept.values()):
        raise Invalid(kept=["Keep visits on dates from `earliest` to `latest`, within the order and the horizon."])
    asked = wish.therapist
    if asked is not None and asked not in {one.id for one in who_may_treat(practice, order.terms, needs)}:
        raise Invalid(therapist=["Choose a therapist of the clinic who may treat under this order."])


def solve(
    session: Session,
    order: Order,
    practice: Practice,
    when: Period,
    visits: int,
    wish: Wish,
    without: Collection[UUID] = (),
    needs: Needs | None = None,
) -> Plan:
    """The plan at one location; what the sessions `without` claim counts as free. Raises `Invalid`."""
    needs = needs or needs_of(session, order)
    claims = taken(session, practice, order, needs, when, without)
    patient = order.patient_resource_id
    try:
        return plan(availability.problem(practice, order.terms, when, visits, patient, claims, wish, needs))
    except ProblemError as error:
        raise Invalid(**{error.path: [error.hint]}) from None


def answer(plan: Plan, order: Order, practice: Practice) -> dict[str, Any]:
    """The plan as JSON; each relaxation also says whether the order allows it as it stands."""
    said = plan.to_json()
    for relaxation in said["relaxations"]:
        relaxation["within_order"] = within_order(relaxation["change"], order)
    return said


def within_order(change: dict[str, Any], order: Order) -> bool:
    """Whether a relaxation stays inside what the order authorises."""
    if {"first_by", "session_minutes"} & change.keys():
        return False
    return str(change.get("latest", "")) <= order.valid_until.isoformat()
