"""Some visits of a series stay where they are, and others lie where the whole is best."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from services.booking.planning import wording
from services.booking.planning.answer import Alternative, Forecast, Plan, Terms
from services.booking.planning.openings import Openings, last_day
from services.booking.planning.parts import Kept
from services.booking.planning.problem import Problem
from services.booking.planning.ranking import ranked
from services.booking.planning.reach import next_days, reach, up_to
from services.booking.planning.series import best_series, onward
from services.booking.planning.stages import Stages, stages

MOST_WAYS = 64
"""Of interleaving the visits that stay with the others; more than a real series has."""


@dataclass(frozen=True, slots=True)
class Among:
    """The best whole line of visits, and the numbers, from 1, of those that were placed anew."""

    plan: Plan
    placed: tuple[int, ...]
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One interleaving: the numbers of the new visits, and the problem where all others are kept."""

    placed: tuple[int, ...]
    problem: Problem
    openings: Openings
    dates: list[int]

    def found(self) -> Stages:
        return stages(self.problem, self.openings, self.dates)


def among(problem: Problem, line: Sequence[Kept | None], more: int = 0) -> Among:
    """The best series with as many visits as fit. In the `line`, in order of time, None is a visit to be placed at
    that place in it; `more` are placed anywhere.

    `problem` says everything but `visits` and `kept`. When one visit is placed its alternatives are ranked.
    """
    openings = _openings(problem, line, more)
    for placed in range(line.count(None) + more, -1, -1):
        ways = list(islice(_ways(openings, line, more, placed), MOST_WAYS))
        if ways:
            best = min(ways, key=_cost)
            feasible = placed == line.count(None) + more
            return Among(_plan(best, feasible), best.placed, _ranked(ways) if placed == 1 else ())
    return Among(Plan(False, None, Terms(), (), (), Forecast(0, 0), ()), ())


def _openings(problem: Problem, line: Sequence[Kept | None], more: int) -> Openings:
    kept = {number: one for number, one in enumerate(line, 1) if one is not None}
    whole = replace(problem, visits=max(1, len(line) + more), kept=kept)
    return Openings.of(whole, last_day(whole))


def _ways(openings: Openings, line: Sequence[Kept | None], more: int, new: int) -> Iterator[Way]:
    stay = [one for one in line if one is not None]
    if not stay and not new:
        return
    for placed in _interleaved(openings.problem, openings.dates, line, more, new):
        kept = _numbered(stay, placed)
        problem = replace(openings.problem, visits=len(stay) + new, kept=kept)
        dates = reach(problem, openings.dates)
        if len(dates) == problem.visits:
            yield Way(placed, problem, replace(openings, problem=problem), dates)


def _numbered(stay: Sequence[Kept], placed: Sequence[int]) -> Mapping[int, Kept]:
    numbers = (number for number in range(1, len(stay) + len(placed) + 1) if number not in placed)
    return dict(zip(numbers, stay, strict=True))


def _interleaved(
    problem: Problem, open_days: int, line: Sequence[Kept | None], more: int, new: int
) -> Iterator[tuple[int, ...]]:
    """Which numbers the `new` visits can have so that everyone's dates are in order, a gap apart."""
    days = [(kept.date - problem.earliest).days for kept in line if kept is not None]
    latest = up_to((problem.latest - problem.earliest).days)
    least, most = _before_each(line, more, new)

    def grow(reached: tuple[int, ...], placed: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        stayed = len(reached) - len(placed)
        if stayed == len(days) and len(placed) == new:
            yield placed
            return
        onward_days = next_days(problem, reached) & latest
        if len(placed) < new and (stayed == len(days) or len(placed) < most[stayed]):
            between = up_to(days[stayed] - 1) if stayed < len(days) else -1
            if free := onward_days & open_days & between:
                yield from grow((*reached, free), (*placed, len(reached) + 1))
        if stayed < len(days) and len(placed) >= least[stayed] and (own := onward_days & 1 << days[stayed]):
            yield from grow((*reached, own), placed)

    return grow((), ())


def _before_each(line: Sequence[Kept | None], more: int, new: int) -> tuple[list[int], list[int]]:
    """Of each visit that stays: the least and the most new ones before it, so that the line keeps its order."""
    due = [line[:index].count(None) for index, one in enumerate(line) if one is not None]
    missing = line.count(None) + more - new
    return [one - missing for one in due], [one + more for one in due]


def _cost(way: Way) -> int:
    found = way.found()
    first = found.visits[0].own + onward(found.visits, found.pairs)[0]
    return int(first.min())


def _plan(way: Way, feasible: bool) -> Plan:
    found = way.found()
    chosen = best_series(found, onward(found.visits, found.pairs))
    placed = [wording.visit(way.openings, number, choice) for number, choice in enumerate(chosen, 1)]
    visits, disliked = [visit for visit, _ in placed], [disliked for _, disliked in placed]
    terms = wording.terms(way.problem, visits, disliked)
    cost = terms.total if feasible else None
    return Plan(feasible, cost, terms, tuple(visits), (), Forecast(len(visits), terms.total), ())


def _ranked(ways: Sequence[Way]) -> tuple[Alternative, ...]:
    """For each date and therapist the best start, over all places of the one new visit."""
    best: dict[tuple[object, int], Alternative] = {}
    for way in ways:
        for one in _alternatives(way):
            key = (one.date, one.therapist)
            if key not in best or one.cost < best[key].cost:
                best[key] = one
    order = sorted(best.values(), key=lambda one: (one.cost, one.date, one.therapist))
    return tuple(order[: ways[0].problem.alternatives])


def _alternatives(way: Way) -> Sequence[Alternative]:
    found = way.found()
    rests = onward(found.visits, found.pairs)
    chosen = best_series(found, rests)
    (number,) = way.placed
    others = ranked(found, chosen, rests, way.problem.alternatives)
    return wording.alternatives(way.openings, number, others[number - 1])
