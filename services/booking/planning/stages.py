"""What each visit of the series costs by itself, at every start it can have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.booking.planning.errors import ProblemError
from services.booking.planning.openings import Openings
from services.booking.planning.pairs import Choice, Costs, Pairs
from services.booking.planning.problem import Problem
from services.booking.planning.reach import bounds
from services.booking.planning.wallclock import QUARTERS_A_DAY, quarter_of

MOST_CELLS = 60_000_000  # half a gigabyte


@dataclass(frozen=True, slots=True)
class Stage:
    """One visit: its own cost for every choice on the dates from `first`."""

    first: int
    own: Costs


@dataclass(frozen=True, slots=True)
class Stages:
    """The visits that fit, and how to price two neighbours."""

    visits: list[Stage]
    pairs: Pairs


def stages(problem: Problem, openings: Openings, dates: Sequence[int]) -> Stages:
    """`dates` are the sets that `reach` gives, one for each visit that fits, at least one."""
    quarters = _quarters(problem, openings)
    never = _bound(problem, len(dates), openings.grid.days) + 1
    table = _own(problem, openings, quarters, never)
    _refuse_too_large(dates, table)
    pairs = Pairs(problem, never, quarters.start)
    visits = [
        _kept(problem, openings, number, table, pairs)
        if number in problem.kept
        else Stage(bounds(days).start, table[bounds(days).start : bounds(days).stop])
        for number, days in enumerate(dates, start=1)
    ]
    visits[0] = _first(problem, openings, visits[0], pairs)
    return Stages(visits, pairs)


def _quarters(problem: Problem, openings: Openings) -> range:
    """The quarter-hours of the day between the first and the last start that any visit can have."""
    used = openings.grid.starts.quarter[openings.usable].tolist()
    used += [quarter_of(kept.start) for kept in problem.kept.values()]
    return range(min(used), max(used) + 1)


def _bound(problem: Problem, visits: int, days: int) -> int:
    """No series of these costs more."""
    weights, cadence, gap = problem.weights, problem.cadence, problem.gap_days
    furthest = max(abs(days * cadence.visits - cadence.per_days) for days in (gap.min, gap.max))
    pair = weights.spacing * furthest + weights.switch + weights.drift * QUARTERS_A_DAY
    return visits * (pair + weights.preferred + weights.therapist) + weights.wait * days


def _own(problem: Problem, openings: Openings, quarters: range, never: int) -> Costs:
    """The cost of any visit but the first, for all dates; in a doubled hour that of the cheaper instant."""
    width, starts = len(quarters), openings.grid.starts
    near = np.flatnonzero((quarters.start <= starts.quarter) & (starts.quarter < quarters.stop))
    free = openings.clinic[:, near] & openings.patient[near]
    price = problem.weights.preferred * openings.disliked[near] + _unasked(problem, openings)[:, None]
    table = np.full((openings.grid.days * width, len(openings.therapists)), never, _kind(never))
    costs = np.where(free, price, never).T.astype(table.dtype)
    cells, again = starts.day[near] * width + starts.quarter[near] - quarters.start, starts.again[near]
    table[cells[~again]] = costs[~again]
    table[cells[again]] = np.minimum(table[cells[again]], costs[again])
    return table.reshape(openings.grid.days, width, -1)


def _kind(never: int) -> type[np.signedinteger[Any]]:
    """The smallest integers that hold the sum of four `never`, the most that is ever added up."""
    return next(kind for kind in (np.int16, np.int32, np.int64) if 4 * never <= np.iinfo(kind).max)


def _unasked(problem: Problem, openings: Openings) -> NDArray[np.int64]:
    """Of each therapist: what it costs that the patient asked for another."""
    asked = problem.patient.therapist
    others = [asked is not None and one.id != asked for one in openings.therapists]
    return problem.weights.therapist * np.array(others, np.int64)


def _kept(problem: Problem, openings: Openings, number: int, table: Costs, pairs: Pairs) -> Stage:
    kept, start, column = problem.kept[number], *openings.kept(number)
    price = _unasked(problem, openings)[column] + problem.weights.preferred * int(openings.disliked[start])
    own = np.full_like(table[:1], pairs.never)
    own[0, quarter_of(kept.start) - pairs.quarter, column] = price
    return Stage((kept.date - problem.earliest).days, own)


def _first(problem: Problem, openings: Openings, stage: Stage, pairs: Pairs) -> Stage:
    """The first visit, with the wait for it or its pair with the visit held before."""
    before = problem.before
    if before:
        day, therapist = (before.date - problem.earliest).days, openings.column(before.therapist)
        price = pairs.after(Choice(day, quarter_of(before.start), therapist), stage.first, stage.own.shape)
    else:
        days = np.arange(stage.first, stage.first + len(stage.own), dtype=np.int64)
        price = problem.weights.wait * days[:, None, None]
    return Stage(stage.first, np.minimum(stage.own + price, pairs.never).astype(stage.own.dtype))


def _refuse_too_large(dates: Sequence[int], table: Costs) -> None:
    cells = sum(len(bounds(days)) for days in dates) * table[:1].size
    if cells > MOST_CELLS:
        raise ProblemError("visits", "make too large a search; give fewer visits, dates or therapists")
