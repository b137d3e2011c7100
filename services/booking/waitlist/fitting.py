"""Whether a freed time suits somebody who waits, and what it would make of their series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from services.booking.planning.openings import Openings
from services.booking.planning.problem import Problem
from services.booking.planning.wallclock import instant
from services.booking.practice.availability import usual_gap
from services.booking.replanning.lineup import Lineup, cost_of, posed
from services.booking.visits.bookable import Wanted
from services.contracts.referrals import OrderTerms


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the visit would be; `gain` is by how much the whole series would cost less, below zero if more."""

    wanted: Wanted
    gain: int


def best(
    problem: Problem, during: tuple[datetime, datetime], terms: OrderTerms, lineup: Lineup, today: date
) -> Fit | None:
    """The best start between two instants, on the one date and with the one therapist of `problem`, if there is any.

    The visit keeps its place in the series, and the order's least gap to its neighbours. A larger gap than usual
    is not forbidden, because the patient asked for an earlier time, but it is priced.
    """
    day = problem.earliest
    if not _between_neighbours(day, lineup, terms, problem):
        return None
    whole = posed(_of_all(problem, lineup, today), terms, lineup)
    now = cost_of([*lineup.stay, *lineup.move], whole)
    fits = [Fit(wanted, now - cost_of([*lineup.stay, wanted], whole)) for wanted in _starts(problem, *during)]
    return max(fits, key=lambda fit: (fit.gain, -fit.wanted.start_at.timestamp()), default=None)


def _starts(problem: Problem, begins: datetime, ends: datetime) -> Iterable[Wanted]:
    openings = Openings.of(problem, problem.earliest)
    therapist, start = np.nonzero(openings.clinic & openings.patient)
    rooms = openings.room(start, therapist)
    for who, at, room in zip(therapist.tolist(), openings.grid.starts.at[start].tolist(), rooms, strict=True):
        if begins <= instant(at) < ends:
            yield Wanted(instant(at), openings.therapists[who].id, room)


def _between_neighbours(day: date, lineup: Lineup, terms: OrderTerms, problem: Problem) -> bool:
    least = timedelta(usual_gap(terms).min)
    others = {_date(one, problem) for one in (*lineup.stay, *lineup.past)}
    if any(abs(day - other) < least for other in others):
        return False
    now = [_date(one, problem) for one in lineup.move]
    return not any(_crosses(day, now[0], other) for other in others) if now else True


def _crosses(day: date, now: date, other: date) -> bool:
    return (other < now) != (other < day)


def _of_all(problem: Problem, lineup: Lineup, today: date) -> Problem:
    """The dates of the whole series, so that all of it is priced."""
    dates = [_date(one, problem) for one in (*lineup.stay, *lineup.move)]
    return replace(problem, earliest=today, latest=max([problem.earliest, *dates]))


def _date(visit: Wanted, problem: Problem) -> date:
    return visit.start_at.astimezone(problem.zone).date()
