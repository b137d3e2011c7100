"""What a re-plan of a series would change: which visit goes where, and what it makes of the whole."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from services.booking.planning.answer import Visit as Time
from services.booking.visits.bookable import Wanted


@dataclass(frozen=True, slots=True)
class Now:
    """A visit as it is."""

    session_id: UUID
    number: int
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Move:
    """From `now`, or a new visit where that is None, to another time."""

    now: Now | None
    to: Wanted


@dataclass(frozen=True, slots=True)
class Proposal:
    """`unplaced` have no place; a new visit without one is None there. Costs are in the planner's units."""

    series_id: UUID
    moves: tuple[Move, ...]
    unplaced: tuple[Now | None, ...]
    cost_now: int
    cost: int
    in_rhythm: bool


def matched(
    visits: Sequence[Now], stay: Sequence[Wanted], more: int, times: Sequence[Time]
) -> tuple[list[Move], list[Now | None]]:
    """Each visit goes to a time between the same neighbours among those that `stay`, as near as can be to where it
    is; what is left is for `more` new visits. Then who got none.
    """
    moves: list[Move] = []
    unplaced: list[Now | None] = []
    spare: list[Time] = []
    starts = sorted(one.start_at for one in stay)
    for place in range(len(starts) + 1):
        own = sorted((one for one in visits if bisect(starts, one.wanted.start_at) == place), key=_start)
        free = [time for time in times if bisect(starts, time.start_at) == place]
        chosen = _nearest(own[: len(free)], free)
        moves += [Move(own[index], _wanted(free[at])) for index, at in enumerate(chosen)]
        unplaced += own[len(free) :]
        spare += [time for at, time in enumerate(free) if at not in chosen]
    moves += [Move(None, _wanted(time)) for time in spare[:more]]
    return sorted(moves, key=lambda move: move.to.start_at), [*unplaced, *([None] * (more - len(spare)))]


def _nearest(visits: Sequence[Now], times: Sequence[Time]) -> list[int]:
    """For each visit the index of its time; both ascend, and the sum of the distances is the least."""

    @cache
    def best(visit: int, time: int) -> tuple[float, tuple[int, ...]]:
        if visit == len(visits):
            return 0.0, ()
        away = abs((times[time].start_at - visits[visit].wanted.start_at).total_seconds())
        far, rest = best(visit + 1, time + 1)
        here = (away + far, (time, *rest))
        spare = len(times) - time > len(visits) - visit
        return min(here, best(visit, time + 1)) if spare else here

    return list(best(0, 0)[1])


def _start(visit: Now) -> datetime:
    return visit.wanted.start_at


def _wanted(time: Time) -> Wanted:
    return Wanted(time.start_at, time.therapist, time.room)
