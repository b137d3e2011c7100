"""What could be booked in place of a visit whose time is taken, or in which somebody is absent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order, Series, Visit
from services.booking.orders.ledger import Ledger
from services.booking.planner import plan
from services.booking.planning.answer import Alternative
from services.booking.planning.errors import ProblemError
from services.booking.planning.parts import GapDays, Kept
from services.booking.planning.wallclock import instants_of
from services.booking.practice import availability
from services.booking.practice.availability import Period, Wish
from services.booking.practice.location import Practice
from services.booking.practice.needs import Needs
from services.booking.practice.taken import needs_of, taken
from services.booking.practice.travel import Claims
from services.booking.refusals import SlotTaken
from services.booking.visits.book import check
from services.booking.visits.bookable import Wanted, claims_of, is_taken
from services.booking.visits.claiming import check_gate
from services.contracts.referrals import OrderTerms

MOST = 5
"""Alternatives for each visit."""
NEAR = timedelta(days=7)
"""Before the first visit and after the last: what the desk would rather have, and a tenth of everybody's claims."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit that was asked for: `visit` is its number, or its place in the request; `session` the one that moves."""

    visit: int
    wanted: Wanted
    session: UUID | None = None

    def to_json(self) -> dict[str, Any]:
        named = {"session_id": str(self.session)} if self.session else {}
        return {"visit": self.visit, **named, "start_at": self.wanted.start_at.isoformat()}


def of_request(session: Session, order_id: UUID, visits: Sequence[Wanted], location_id: int | None = None) -> SlotTaken:
    """The refusal of a whole new series, with the best alternatives as of now for each visit that collides.

    Raises as `book` does where something else is wrong too: its time may have been found taken before all else.
    """
    order = reading.order(session, order_id)
    practice = reading.practice(session, location_id, visits[0].room)
    check(session, order, practice, visits)
    check_gate(session, order, practice, {one.therapist for one in visits})
    return _refusal(session, order, practice, [Asked(place, one) for place, one in enumerate(visits, 1)], ())


def of_more(session: Session, series_id: UUID, visits: Sequence[Wanted]) -> SlotTaken:
    """The refusal of visits that a series should get besides those that it has."""
    series = reading.series(session, series_id)
    practice = reading.practice(session, series.location_id)
    return _refusal(
        session,
        series.order,
        practice,
        [Asked(place, one) for place, one in enumerate(visits, 1)],
        _kept(series, practice, ()),
    )


def of_moves(session: Session, series_id: UUID, moves: Mapping[UUID, Wanted]) -> SlotTaken:
    """The refusal of visits that should come to lie elsewhere, or be restored; the others of the series are kept."""
    series = reading.series(session, series_id)
    practice = reading.practice(session, series.location_id)
    asked = [Asked(one.number, moves[one.id], one.id) for one in series.sessions if one.id in moves]
    return _refusal(session, series.order, practice, asked, _kept(series, practice, moves))


def of_hold(session: Session, series_id: UUID) -> SlotTaken:
    """The refusal of a hold whose time was lost."""
    series = reading.series(session, series_id)
    return of_moves(session, series_id, {one.id: place(one) for one in series.sessions})


def of_restoring(session: Session, visit_id: UUID) -> SlotTaken:
    """The refusal of a visit that should be as it was before it was called off."""
    series, visit = reading.series_of(session, visit_id)
    return of_moves(session, series.id, {visit_id: place(visit)})


def _kept(series: Series, practice: Practice, moved: Collection[UUID]) -> list[Wanted]:
    stay = [one for one in series.to_come if one.id not in moved and one.starts_at > practice.now]
    return [place(one) for one in stay]


def place(visit: Visit) -> Wanted:
    """A visit as it is."""
    return Wanted(visit.starts_at, visit.therapist_id, visit.room_id)


def _refusal(
    session: Session, order: Order, practice: Practice, asked: Sequence[Asked], kept: Sequence[Wanted]
) -> SlotTaken:
    """Every visit that collides is free to lie elsewhere between the others: near them, or else anywhere."""
    line: list[tuple[Wanted, Asked | None]] = [*((one.wanted, one) for one in asked), *((one, None) for one in kept)]
    line.sort(key=lambda one: one[0].start_at)
    visits = [wanted for wanted, _ in line]
    moved = [one.session for one in asked if one.session]
    ledger = replace(order.ledger, reserved=0) if kept or moved else order.ledger
    needs = needs_of(session, order)

    colliding: dict[int, Asked] = {}
    ranked: Sequence[Sequence[Alternative]] = ()
    for when in _periods(practice, order.terms, ledger, visits):
        claims = taken(session, practice, order, needs, when, moved)
        colliding = {
            at: one for at, (wanted, one) in enumerate(line) if one and _collides(wanted, order, practice, claims)
        }
        wish = _wish(visits, colliding, practice.zone, order.terms)
        ranked = _ranked(order, practice, when, len(line), claims, wish, needs) if colliding else ()
        if ranked or not colliding:
            break
    shown = [[_shown(choice, practice.zone) for choice in choices] for choices in ranked]
    return SlotTaken(
        alternatives=[
            {**one.to_json(), "instead": shown[at] if at < len(shown) else []} for at, one in colliding.items()
        ]
    )


def _periods(practice: Practice, terms: OrderTerms, ledger: Ledger, visits: Sequence[Wanted]) -> Iterator[Period]:
    """Around the visits, where no relaxation needs to be looked for; then all that the order allows."""
    first, last = (visits[at].start_at.astimezone(practice.zone).date() for at in (0, -1))
    near = availability.period(practice, terms, ledger, Wish(earliest=first - NEAR, latest=last + NEAR))
    yield replace(near, horizon=near.latest)
    yield availability.period(practice, terms, ledger, Wish())


def _ranked(
    order: Order, practice: Practice, when: Period, visits: int, claims: Claims, wish: Wish, needs: Needs
) -> Sequence[Sequence[Alternative]]:
    patient = order.patient_resource_id
    try:
        return plan(
            availability.problem(practice, order.terms, when, visits, patient, claims, wish, needs)
        ).alternatives
    except ProblemError:
        return ()


def _collides(visit: Wanted, order: Order, practice: Practice, claims: Claims) -> bool:
    buffer = practice.buffer_of(visit.therapist, order.session_minutes)
    return is_taken(claims_of(visit, order.patient_resource_id, buffer, order.terms), claims)


def _wish(visits: Sequence[Wanted], colliding: Collection[int], zone: ZoneInfo, terms: OrderTerms) -> Wish:
    kept = {index + 1: _as_kept(visit, zone) for index, visit in enumerate(visits) if index not in colliding}
    return Wish(kept=kept, gap_days=_gap(visits, zone, terms), alternatives=MOST)


def _as_kept(visit: Wanted, zone: ZoneInfo) -> Kept:
    local = visit.start_at.astimezone(zone)
    return Kept(local.date(), local.time(), visit.therapist, visit.room, visit.start_at.astimezone(UTC))


def _gap(visits: Sequence[Wanted], zone: ZoneInfo, terms: OrderTerms) -> GapDays:
    """The usual gap, widened to what the desk chose, so that the visits kept do not forbid every answer."""
    dates = [visit.start_at.astimezone(zone).date() for visit in visits]
    chosen = [max(1, (later - earlier).days) for earlier, later in pairwise(dates)]
    usual = availability.usual_gap(terms)
    return GapDays(min([usual.min, *chosen]), max([usual.max, *chosen]))


def _shown(one: Alternative, zone: ZoneInfo) -> dict[str, Any]:
    start_at = instants_of(one.date, one.start, zone)[0]
    return {**one.to_json(), "start_at": start_at.isoformat()}
