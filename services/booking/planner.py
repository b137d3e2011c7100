"""The series planner: from a prescription and everyone's times to the best series of visits, as a whole.

The answer is exact, and the same problem always has the same answer: of several best series the one whose
first visit comes first by date, start and therapist's id, then whose second does, …; in the lowest room free.

Neighbours lie on different dates, and how late the one and how early the other is not compared: whoever offers hours
around midnight for visits a day apart has to leave room between them, as `services.booking.practice.night` does.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.booking.planning import wording
from services.booking.planning.answer import Alternative, Forecast, Plan, Relaxation, Terms, Visit
from services.booking.planning.errors import ProblemError
from services.booking.planning.openings import Openings, last_day, most_days
from services.booking.planning.problem import Problem
from services.booking.planning.ranking import ranked
from services.booking.planning.reach import reach
from services.booking.planning.relaxations import merged, relaxations
from services.booking.planning.series import best_series, onward
from services.booking.planning.spans import Spans
from services.booking.planning.stages import stages

__all__ = [
    "Alternative", "Forecast", "Plan", "Problem", "ProblemError", "Relaxation", "Spans", "Terms", "Visit",
    "merged", "plan",
]  # fmt: skip

Series = tuple[list[Visit], list[tuple[Alternative, ...]], Terms]


def plan(problem: Problem | Mapping[str, Any]) -> Plan:
    """The best series for a problem, given as such or as JSON. Raises `ProblemError` on a malformed one."""
    given = problem if isinstance(problem, Problem) else Problem.from_json(problem)
    openings = _openings(given)
    dates = reach(given, openings.dates)
    visits, alternatives, terms = _series(given, openings, dates) if dates else ([], [], Terms())
    feasible = len(visits) == given.visits
    return Plan(
        feasible=feasible,
        cost=terms.total if feasible else None,
        terms=terms,
        visits=tuple(visits),
        alternatives=tuple(alternatives),
        forecast=Forecast(len(visits), terms.total),
        relaxations=() if feasible else relaxations(given, len(visits)),
    )


def _openings(problem: Problem) -> Openings:
    last = last_day(problem)
    if (last - problem.earliest).days >= most_days(problem):
        raise ProblemError("therapists", "make too large a search; give fewer dates, therapists or rooms")
    return Openings.of(problem, last)


def _series(problem: Problem, openings: Openings, dates: Sequence[int]) -> Series:
    found = stages(problem, openings, dates)
    rests = onward(found.visits, found.pairs)
    chosen = best_series(found, rests)
    others = ranked(found, chosen, rests, problem.alternatives)
    placed = [wording.visit(openings, number, choice) for number, choice in enumerate(chosen, 1)]
    visits, disliked = [visit for visit, _ in placed], [disliked for _, disliked in placed]
    alternatives = [wording.alternatives(openings, number, some) for number, some in enumerate(others, 1)]
    return visits, alternatives, wording.terms(problem, visits, disliked)


def main(arguments: Sequence[str]) -> int:
    """Prints the plan of the problem in a file; 2 and a message on standard error when it is malformed."""
    if len(arguments) != 1:
        print("usage: python -m services.booking.planner problem.json", file=sys.stderr)
        return 2
    try:
        answer = plan(json.loads(Path(arguments[0]).read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        print(f"{arguments[0]}: {_in_words(error)}", file=sys.stderr)
        return 2
    print(json.dumps(answer.to_json(), indent=2))
    return 0


def _in_words(error: Exception) -> str:
    match error:
        case ProblemError():
            return str(error)
        case OSError():
            return error.strerror or "cannot be read"
        case json.JSONDecodeError():
            return f"is not JSON (line {error.lineno}, column {error.colno}); {error.msg}"
        case _:
            return "is not JSON"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
