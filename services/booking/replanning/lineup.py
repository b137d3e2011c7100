"""The visits of a series in order of time, as the planner takes them: which stay, and how many are placed anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from services.booking.planning.among import among
from services.booking.planning.answer import Alternative, Visit
from services.booking.planning.checks import MOST_GAP
from services.booking.planning.parts import Before, GapDays, Kept
from services.booking.planning.price import price
from services.booking.planning.problem import Problem
from services.booking.planning.wallclock import QUARTER, midnight
from services.booking.practice.availability import usual_gap
from services.booking.visits.bookable import Wanted
from services.contracts.referrals import OrderTerms

ANY_GAP = GapDays(1, MOST_GAP)
"""Where the order's rhythm leaves no place: one visit a day, and no other rule."""


@dataclass(frozen=True, slots=True)
class Lineup:
    """One series. `stay` and `move` are visits still to come; `past` took place; `more` are to be added."""

    stay: tuple[Wanted, ...] = ()
    move: tuple[Wanted, ...] = ()
    past: tuple[Wanted, ...] = ()
    more: int = 0

    @property
    def wanted(self) -> int:
        return len(self.move) + self.more


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the visits to be placed could be, in order of time; fewer than asked when they do not all fit.

    `cost_now` is that of the visits as they are, `cost` that of the whole series as proposed, in the planner's
    units. `in_rhythm` is false when the order's own gaps had to be given up. `problem` is what was solved.
    """

    times: tuple[Visit, ...]
    cost_now: int
    cost: int
    in_rhythm: bool
    alternatives: tuple[Alternative, ...]
    problem: Problem


def answer(problem: Problem, terms: OrderTerms, lineup: Lineup) -> Answer:
    """The best places: in the order's rhythm, widened to what was chosen before, or else wherever there are any.

    Raises `ProblemError`.
    """
    stated = posed(problem, terms, lineup)
    line = _line(lineup, stated)
    found, in_rhythm = among(stated, line, lineup.more), True
    if len(found.placed) < lineup.wanted:
        stated = replace(stated, gap_days=ANY_GAP)
        wider = among(stated, line, lineup.more)
        if len(wider.placed) > len(found.placed):
            found, in_rhythm = wider, False
    return Answer(
        times=tuple(found.plan.visits[number - 1] for number in found.placed),
        cost_now=cost_of([*lineup.stay, *lineup.move], stated),
        cost=found.plan.terms.total,
        in_rhythm=in_rhythm,
        alternatives=found.alternatives,
        problem=stated,
    )


def cost_of(visits: Iterable[Wanted], problem: Problem) -> int:
    """What a series costs as it is, in the terms of `problem`."""
    return price(problem, _kept(visits, problem)).total


def in_place(problem: Problem, lineup: Lineup) -> Problem:
    """Each visit that moves keeps its place in the line, and new ones come last."""
    line = _line(lineup, problem)
    kept = {number: one for number, one in enumerate(line, 1) if one is not None}
    return replace(problem, visits=max(1, len(line) + lineup.more), kept=kept, alternatives=0)


def _line(lineup: Lineup, problem: Problem) -> list[Kept | None]:
    """In order of time; None is a visit that moves."""
    stay = [(midnight(one.date), one) for one in _kept(lineup.stay, problem)]
    move = [(midnight(day_of(one, problem.zone)), None) for one in lineup.move]
    return [one for _, one in sorted([*stay, *move], key=lambda placed: placed[0])]


def posed(problem: Problem, terms: OrderTerms, lineup: Lineup) -> Problem:
    """The problem with what the visits that are there already mean for it: the one before, and the gaps chosen."""
    zone, earliest = problem.zone, problem.earliest
    line = sorted([*lineup.stay, *lineup.move], key=lambda one: one.start_at)
    held = [*lineup.past, *(one for one in lineup.stay if day_of(one, zone) < earliest)]
    before = max(held, key=lambda one: one.start_at, default=None)
    dates = [day_of(one, zone) for one in ([before] if before else []) + line]
    return replace(
        problem,
        before=None if before is None else Before(*local(before, zone), before.therapist),
        first_by=_first_by(terms, dates, earliest),
        gap_days=_widened(usual_gap(terms), dates),
    )


def _first_by(terms: OrderTerms, dates: Sequence[date], earliest: date) -> date | None:
    """The order's own date binds a series that keeps to it."""
    start_by = terms.start_by
    return start_by if start_by and earliest <= start_by and dates and dates[0] <= start_by else None


def _widened(usual: GapDays, dates: Sequence[date]) -> GapDays:
    """To the gaps that were booked already, so that what stays does not forbid every answer."""
    gaps = [(later - sooner).days for sooner, later in pairwise(dates)]
    return GapDays(max(1, min([usual.min, *gaps])), min(MOST_GAP, max([usual.max, *gaps])))


def _kept(visits: Iterable[Wanted], problem: Problem) -> list[Kept]:
    """In order of time, one for each date, within the dates that the planner looks at."""
    zone = problem.zone
    by_date: dict[date, Kept] = {}
    for one in sorted(visits, key=lambda one: one.start_at):
        day, start = local(one, zone)
        if problem.earliest <= day <= problem.latest:
            by_date.setdefault(day, Kept(day, start, one.therapist, one.room, _on_grid(one)))
    return list(by_date.values())


def _on_grid(one: Wanted) -> datetime | None:
    at = one.start_at.astimezone(UTC)
    return at if at.minute % QUARTER == 0 and not at.second and not at.microsecond else None


def local(visit: Wanted, zone: ZoneInfo) -> tuple[date, time]:
    """The local date and the quarter-hour in which it begins."""
    local = visit.start_at.astimezone(zone)
    return local.date(), time(local.hour, local.minute // QUARTER * QUARTER)


def day_of(visit: Wanted, zone: ZoneInfo) -> date:
    return visit.start_at.astimezone(zone).date()
