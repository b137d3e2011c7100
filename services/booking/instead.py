"""What could be booked in place of a visit whose time is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking import availability, reading
from services.booking.availability import Claims, Wish
from services.booking.bookable import Wanted, claims_of, is_taken
from services.booking.models import Order
from services.booking.planner import plan
from services.booking.planning.answer import Alternative
from services.booking.planning.errors import ProblemError
from services.booking.planning.parts import GapDays, Kept
from services.booking.planning.wallclock import instants_of
from services.booking.practice import Practice
from services.booking.refusals import SlotTaken
from services.contracts.referrals import OrderTerms

MOST = 5
"""Alternatives for each visit."""


def says_taken(error: IntegrityError) -> bool:
    """Whether PostgreSQL refused because two claims overlap."""
    return getattr(error.orig, "pgcode", None) == "23P01"


def slot_taken(session: Session, order_id: UUID, visits: Sequence[Wanted]) -> SlotTaken:
    """The refusal, with the best alternatives as of now for each visit that collides, the others kept."""
    order = reading.order(session, order_id)
    practice = reading.practice(session)
    when = availability.period(practice, order.terms, order.ledger, Wish())
    resources = [one.id for one in practice.therapists] + [*practice.rooms, order.patient_resource_id]
    claims = reading.claims(session, resources, practice.timezone, when)
    taken = _taken(visits, order, practice, claims)
    wish = _wish(visits, taken, practice.zone, order.terms)
    try:
        problem = availability.problem(
            practice, order.terms, when, len(visits), order.patient_resource_id, claims, wish
        )
        ranked = plan(problem).alternatives if taken else ()
    except ProblemError:
        ranked = ()
    return SlotTaken(
        alternatives=[
            {
                "visit": index + 1,
                "start_at": visits[index].start_at.isoformat(),
                "instead": [_shown(one, practice.zone) for one in ranked[index]] if index < len(ranked) else [],
            }
            for index in taken
        ]
    )


def _taken(visits: Sequence[Wanted], order: Order, practice: Practice, claims: Claims) -> list[int]:
    buffers = {one.id: one.buffer_minutes for one in practice.therapists}
    patient, terms = order.patient_resource_id, order.terms
    return [
        index
        for index, visit in enumerate(visits)
        if is_taken(claims_of(visit, patient, buffers.get(visit.therapist, 0), terms), claims)
    ]


def _wish(visits: Sequence[Wanted], taken: Sequence[int], zone: ZoneInfo, terms: OrderTerms) -> Wish:
    kept = {index + 1: _kept(visit, zone) for index, visit in enumerate(visits) if index not in taken}
    return Wish(kept=kept, gap_days=_gap(visits, zone, terms), alternatives=MOST)


def _kept(visit: Wanted, zone: ZoneInfo) -> Kept:
    local = visit.start_at.astimezone(zone)
    return Kept(local.date(), local.time(), visit.therapist, visit.room, visit.start_at.astimezone(UTC))


def _gap(visits: Sequence[Wanted], zone: ZoneInfo, terms: OrderTerms) -> GapDays:
    """The usual gap, widened to what the desk chose, so that the visits kept do not forbid every answer."""
    dates = [visit.start_at.astimezone(zone).date() for visit in visits]
    chosen = [(later - earlier).days for earlier, later in pairwise(dates)]
    usual = availability.usual_gap(terms)
    return GapDays(min([usual.min, *chosen]), max([usual.max, *chosen]))


def _shown(one: Alternative, zone: ZoneInfo) -> dict[str, Any]:
    start_at = instants_of(one.date, one.start, zone)[0]
    return {**one.to_json(), "start_at": start_at.isoformat()}
