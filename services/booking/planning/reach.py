"""Which dates a visit can have so that the whole series fits.

Sets of dates are the bits of an integer; bit 0 is `earliest`.
"""

from collections.abc import Sequence

from services.booking.planning.problem import Problem


def reach(problem: Problem, open_days: int) -> list[int]:
    """For each visit that fits, at most `visits`: the dates at which a series of that many can have it.

    Costs never forbid a pair of neighbours, so the dates alone decide what fits.
    """
    reached: list[int] = []
    while len(reached) < problem.visits:
        days = next_days(problem, reached) & _allowed(problem, len(reached) + 1, open_days)
        if not days:
            break
        reached.append(days)
    for index in reversed(range(len(reached) - 1)):
        reached[index] &= _earlier(reached[index + 1], problem)
    return reached


def next_days(problem: Problem, reached: Sequence[int]) -> int:
    """The dates that the next visit can have, given those of the visits before it."""
    if reached:
        return _later(reached[-1], problem)
    if problem.before:
        # counted from the visit held before, which may lie before `earliest`
        offset = (problem.before.date - problem.earliest).days
        return shifted(_later(1, problem), offset)
    return -1 if problem.first_by is None else up_to((problem.first_by - problem.earliest).days)


def _allowed(problem: Problem, number: int, open_days: int) -> int:
    kept = problem.kept.get(number)
    days = open_days if kept is None else shifted(1, (kept.date - problem.earliest).days)
    return days & up_to((problem.latest - problem.earliest).days)


def _later(days: int, problem: Problem) -> int:
    gap = problem.gap_days
    return _spread(days, gap.max - gap.min + 1) << gap.min


def _earlier(days: int, problem: Problem) -> int:
    gap = problem.gap_days
    return _spread(days, gap.max - gap.min + 1) >> gap.max


def _spread(days: int, width: int) -> int:
    """Each date and the `width` - 1 dates after it."""
    done = 1
    while done < width:
        days |= days << min(done, width - done)
        done *= 2
    return days


def up_to(day: int) -> int:
    """All dates until that one, itself included."""
    return (1 << day + 1) - 1


def shifted(days: int, by: int) -> int:
    return days << by if by >= 0 else days >> -by


def bounds(days: int) -> range:
    """From the first to the last date of a set that is not empty."""
    return range((days & -days).bit_length() - 1, days.bit_length())
