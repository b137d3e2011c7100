"""Whom a freed time could suit: found by a cheap look first, then by what the whole series would gain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Freed, Order, Series, Visit, Waiting
from services.booking.planning.errors import ProblemError
from services.booking.planning.parts import Window
from services.booking.planning.problem import Problem
from services.booking.planning.reading import Field
from services.booking.planning.wallclock import Minutes
from services.booking.practice import availability
from services.booking.practice.availability import Period, Wish
from services.booking.practice.location import Practice
from services.booking.practice.taken import away, needs_of
from services.booking.practice.travel import Away, Claims, widened
from services.booking.replanning import placing
from services.booking.replanning.lineup import Lineup
from services.booking.replanning.placing import Scene
from services.booking.waitlist.fitting import Fit, best

MOST = 50
"""That are planned for at once, those who wait longest first."""

# `busy` have an open offer of another time: it is their turn again when that one has ended.
WAITING = text("""
    SELECT waiting.id,
           EXISTS (SELECT FROM offers WHERE waiting_id = waiting.id AND status = 'open') AS busy
      FROM waiting
      JOIN orders ON orders.id = waiting.order_id
      JOIN therapists ON therapists.id = :therapist
      LEFT JOIN sessions ON sessions.id = waiting.session_id
     WHERE waiting.status = 'waiting'
       AND waiting.location_id IS NOT DISTINCT FROM :location
       AND coalesce(waiting.therapist_id, :therapist) = :therapist
       AND :day BETWEEN coalesce(first_on, :day) AND coalesce(last_on, :day)
       AND :day BETWEEN coalesce(earliest_on, :day) AND valid_until
       AND orders.ended_at IS NULL
       AND orders.techniques <@ therapists.techniques
       AND (waiting.session_id IS NULL
            OR sessions.status IN ('booked', 'confirmed') AND sessions.starts_at > :starts_at)
       AND NOT EXISTS (SELECT FROM offers WHERE freed_id = :freed AND waiting_id = waiting.id)
     ORDER BY waiting.since, waiting.id
     LIMIT :most""")

OWN = text("""
    SELECT session_id, resource_id,
           (date_part('epoch', lower(during)) / 60)::bigint AS begins,
           (date_part('epoch', upper(during)) / 60)::bigint AS ends
      FROM claims WHERE session_id = ANY(CAST(:sessions AS uuid[]))""")


@dataclass(frozen=True, slots=True)
class Candidate:
    waiting: Waiting
    fit: Fit


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody who waits, with the series that it is about; None where the order has none yet."""

    waiting: Waiting
    order: Order
    scene: Scene | None
    visit: Visit | None

    @property
    def lineup(self) -> Lineup:
        move = [] if self.visit is None else [self.visit]
        return self.scene.lineup(move) if self.scene else Lineup()


def waiting_for(session: Session, freed: Freed, practice: Practice) -> tuple[list[UUID], bool]:
    """Whom it may suit, and whether there are others who are busy with another offer."""
    starts_at = freed.during.lower
    assert starts_at is not None
    asked = {
        "freed": freed.id,
        "therapist": freed.therapist_id,
        "location": freed.location_id,
        "starts_at": starts_at,
        "day": starts_at.astimezone(practice.zone).date(),
        "most": MOST,
    }
    rows = session.execute(WAITING, asked).all()
    return [row.id for row in rows if not row.busy], any(row.busy for row in rows)


def ranked(session: Session, freed: Freed, practice: Practice, ids: Sequence[UUID]) -> list[Candidate]:
    """Those whom it suits: the greatest gain first, then who waits longest. Some queries, however many wait."""
    begins, ends = freed.during.lower, freed.during.upper
    assert begins is not None
    assert ends is not None
    day = begins.astimezone(practice.zone).date()
    cases = _cases(session, practice, ids)
    rivals = Rivals.load(session, practice, freed.therapist_id, day, cases)
    found = []
    for case in cases:
        problem = rivals.problem(session, case)
        fit = problem and best(problem, (begins, ends), case.order.terms, case.lineup, practice.today)
        if fit:
            found.append(Candidate(case.waiting, fit))
    return sorted(found, key=lambda one: (-one.fit.gain, one.waiting.since, one.waiting.id))


def _cases(session: Session, practice: Practice, ids: Sequence[UUID]) -> list[Case]:
    waiting = session.scalars(select(Waiting).where(Waiting.id.in_(ids)).order_by(Waiting.since, Waiting.id)).all()
    orders = [one.order_id for one in waiting]
    series = select(Series).where(Series.order_id.in_(orders), Series.held_until.is_(None)).order_by(Series.id)
    found = session.scalars(series.options(*placing.WHOLE)).all()
    without = set(orders) - {one.order_id for one in found}
    known = {one.order_id: one.order for one in found}
    known |= {one.id: one for one in session.scalars(select(Order).where(Order.id.in_(without)))} if without else {}
    return [_case(one, known[one.order_id], found, practice) for one in waiting]


def _case(waiting: Waiting, order: Order, series: Sequence[Series], practice: Practice) -> Case:
    own = [one for one in series if one.order_id == order.id]
    visits = {visit.id: visit for one in own for visit in one.sessions}
    visit = visits.get(waiting.session_id) if waiting.session_id else None
    its = visit.series if visit else own[-1] if own else None
    return Case(waiting, order, Scene(its, practice) if its else None, visit)


@dataclass(frozen=True, slots=True)
class Rivals:
    """Who has what on the date, in a few queries for all cases together."""

    practice: Practice
    """With the one therapist whose time it is."""
    when: Period
    claims: Claims
    away: Sequence[Away]
    own: Mapping[UUID, Mapping[int, Minutes]]

    @classmethod
    def load(cls, session: Session, practice: Practice, therapist: int, day: date, cases: Collection[Case]) -> Rivals:
        when = Period(day, None, day, day)
        resources = [therapist, *practice.rooms, *(case.order.patient_resource_id for case in cases)]
        claims = reading.claims(session, resources, practice.timezone, when)
        own: dict[UUID, dict[int, Minutes]] = {}
        for row in session.execute(OWN, {"sessions": [str(case.visit.id) for case in cases if case.visit]}):
            own.setdefault(row.session_id, {})[row.resource_id] = np.array([[row.begins, row.ends]], np.int64)
        first = next(iter(cases), None)
        alone = replace(practice, therapists=tuple(one for one in practice.therapists if one.id == therapist))
        places = list(away(session, alone, first.order, when)) if first else []
        return cls(alone, when, claims, places, own)

    def problem(self, session: Session, case: Case) -> Problem | None:
        """One visit on that date with that therapist; None where the wish makes no sense any more."""
        order, needs = case.order, needs_of(session, case.order)
        if order.ledger.remaining < 1 and case.visit is None:
            return None
        own = self.own.get(case.visit.id, {}) if case.visit else {}
        claims = _without({**self.claims}, own)
        here = needs.home if order.home_visit else self.practice.position
        places = [replace(one, claims=_without({0: one.claims}, {0: own.get(one.therapist)})[0]) for one in self.away]
        taken = widened(claims, places, here, self.practice.policy)
        wish = Wish(possible=_windows(case.waiting))
        patient, terms = order.patient_resource_id, order.terms
        try:
            return availability.problem(self.practice, terms, self.when, 1, patient, taken, wish, needs)
        except ProblemError:
            return None


def _without(claims: Mapping[int, Minutes], own: Mapping[int, Minutes | None]) -> dict[int, Minutes]:
    left = dict(claims)
    for resource, gone in own.items():
        if gone is not None and resource in left:
            left[resource] = left[resource][~(left[resource] == gone).all(axis=1)]
    return left


def _windows(waiting: Waiting) -> tuple[Window, ...] | None:
    if waiting.possible is None:
        return None
    return tuple(Window.read(Field("possible", window)) for window in waiting.possible)


def one_case(session: Session, practice: Practice, waiting: Waiting, therapist: int, day: date) -> Iterator[Problem]:
    """The problem of one who waits, as of now."""
    for case in _cases(session, practice, [waiting.id]):
        problem = Rivals.load(session, practice, therapist, day, [case]).problem(session, case)
        if problem:
            yield problem
