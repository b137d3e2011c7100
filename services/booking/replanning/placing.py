"""Where visits of a booked series could be instead, everything else kept: what the planner is asked for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.booking import reading
from services.booking.models import Order, Series, Visit
from services.booking.plan_series import within_order
from services.booking.planner import plan
from services.booking.planning.errors import ProblemError
from services.booking.planning.problem import Problem
from services.booking.practice import availability
from services.booking.practice.availability import Wish
from services.booking.practice.location import Practice
from services.booking.practice.taken import needs_of, taken
from services.booking.replanning import lineup, narrowing
from services.booking.replanning.lineup import Answer, Lineup
from services.booking.visits.bookable import Wanted
from services.chassis.refusals import Invalid, NotFound

WHOLE = (
    joinedload(Series.order, innerjoin=True).selectinload(Order.entries),
    selectinload(Series.sessions).options(*reading.PLACE),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One series as it is: the practice that it is treated in, and the visits to come."""

    series: Series
    practice: Practice

    @property
    def to_come(self) -> list[Visit]:
        """In order of time."""
        visits = [one for one in self.series.sessions if one.is_to_come and one.starts_at > self.practice.now]
        return sorted(visits, key=lambda one: one.starts_at)

    @property
    def returned(self) -> int:
        """Visits of the series that were called off, that nobody took the place of, and that the order still grants."""
        there = sum(one.status != "cancelled" for one in self.series.sessions)
        return min(max(0, self.series.visits - there), self.series.order.ledger.remaining)

    def lineup(self, move: Collection[Visit], more: int = 0) -> Lineup:
        over = [one for one in self.series.sessions if one.status == "completed" or self._has_begun(one)]
        return Lineup(
            stay=tuple(wanted(one) for one in self.to_come if one not in move),
            move=tuple(wanted(one) for one in move),
            past=tuple(wanted(one) for one in over),
            more=more,
        )

    def _has_begun(self, visit: Visit) -> bool:
        return visit.is_to_come and visit.starts_at <= self.practice.now


def wanted(visit: Visit) -> Wanted:
    """A visit as it is."""
    return Wanted(visit.starts_at, visit.therapist_id, visit.room_id)


def scene(session: Session, series_id: UUID) -> Scene:
    """Raises `NotFound`, `NoClinic`."""
    series = session.get(Series, series_id, options=WHOLE)
    if series is None:
        raise NotFound(series_id=str(series_id))
    return Scene(series, reading.practice(session, series.location_id))


def scene_of(session: Session, visit_id: UUID) -> tuple[Scene, Visit]:
    """A session with its whole series. Raises `NotFound`, `NoClinic`."""
    found = select(Series).where(Series.id == select(Visit.series_id).where(Visit.id == visit_id).scalar_subquery())
    series = session.scalar(found.options(*WHOLE))
    if series is None:
        raise NotFound(session_id=str(visit_id))
    visit = next(one for one in series.sessions if one.id == visit_id)
    return Scene(series, reading.practice(session, series.location_id)), visit


def answer(
    session: Session, scene: Scene, move: Sequence[Visit], wish: Wish, more: int = 0, therapist: int | None = None
) -> Answer:
    """The best places for some visits of a series and for `more` new ones; only with `therapist` where one is given.

    Raises `Invalid`.
    """
    problem = stated(session, scene, move, wish, len(move) + more)
    return solved(_only(problem, therapist), scene, scene.lineup(move, more))


def solved(problem: Problem, scene: Scene, line: Lineup) -> Answer:
    """Raises `Invalid`."""
    try:
        return lineup.answer(problem, scene.series.order.terms, line)
    except ProblemError as error:
        raise Invalid(**{error.path: [error.hint]}) from None


def stated(session: Session, scene: Scene, move: Sequence[Visit], wish: Wish, visits: int) -> Problem:
    """What is free for the series' patient, its own visits that move not counted; the dates of the wish bind only
    what is placed anew. Raises `Invalid`.
    """
    order, practice = scene.series.order, scene.practice
    when = availability.period(practice, order.terms, order.ledger, replace(wish, earliest=None, latest=None))
    if when.latest < when.earliest or (wish.latest and wish.latest < (wish.earliest or when.earliest)):
        raise Invalid(latest=["Give a date that is not before `earliest`; the order's end counts too."])
    needs = needs_of(session, order)
    claims = taken(session, practice, order, needs, when, [one.id for one in move])
    patient, terms = order.patient_resource_id, order.terms
    try:
        problem = availability.problem(practice, terms, when, max(1, visits), patient, claims, wish, needs)
        return narrowing.between(problem, wish.earliest, wish.latest, scene.lineup(move))
    except ProblemError as error:
        raise Invalid(**{error.path: [error.hint]}) from None


def relaxations(scene: Scene, found: Answer, move: Collection[Visit], more: int) -> list[dict[str, Any]]:
    """What would have to give, and whether the order allows it as it stands."""
    said = plan(lineup.in_place(found.problem, scene.lineup(move, more))).relaxations
    return [{**asdict(one), "within_order": within_order(one.change, scene.series.order)} for one in said]


def _only(problem: Problem, therapist: int | None) -> Problem:
    if therapist is None:
        return problem
    return replace(problem, therapists=tuple(one for one in problem.therapists if one.id == therapist))
