"""From indices back to dates, times, rooms, and what each part of the cost comes to."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from itertools import pairwise

import numpy as np

from services.booking.planning.answer import Alternative, Terms, Visit
from services.booking.planning.grid import Indices
from services.booking.planning.openings import Openings
from services.booking.planning.pairs import Choice
from services.booking.planning.parts import Before, Kept
from services.booking.planning.problem import Problem
from services.booking.planning.ranking import Ranked
from services.booking.planning.wallclock import QUARTER, instant, quarter_of

Row = tuple[date, time, int, int | None]


def visit(openings: Openings, number: int, choice: Choice) -> tuple[Visit, bool]:
    """Visit `number`, counted from 1, and whether it lies outside the preferred windows."""
    start = _starts(openings, number, [choice])[0]
    day, begins, therapist, room = _rows(openings, number, [choice])[0]
    at = instant(int(openings.grid.starts.at[start]))
    ends = at + timedelta(minutes=openings.problem.session_minutes)
    return Visit(day, begins, at, ends, therapist, room), bool(openings.disliked[start])


def alternatives(openings: Openings, number: int, ranked: Sequence[Ranked]) -> tuple[Alternative, ...]:
    """The ranked choices of visit `number`."""
    rows = _rows(openings, number, [one.choice for one in ranked])
    return tuple(Alternative(*row, cost=one.cost) for row, one in zip(rows, ranked, strict=True))


def terms(problem: Problem, visits: Sequence[Visit | Kept], disliked: Sequence[bool]) -> Terms:
    """What the series costs, part by part."""
    weights, cadence, before = problem.weights, problem.cadence, problem.before
    line: list[Before | Visit | Kept] = [before, *visits] if before else [*visits]
    pairs = list(pairwise(line))
    gaps = [(later.date - sooner.date).days for sooner, later in pairs]
    drifts = [abs(quarter_of(later.start) - quarter_of(sooner.start)) for sooner, later in pairs]
    asked = problem.patient.therapist
    return Terms(
        spacing=weights.spacing * sum(abs(gap * cadence.visits - cadence.per_days) for gap in gaps),
        switch=weights.switch * sum(sooner.therapist != later.therapist for sooner, later in pairs),
        preferred=weights.preferred * sum(disliked),
        drift=weights.drift * sum(drifts),
        wait=weights.wait * (visits[0].date - problem.earliest).days if visits and not before else 0,
        therapist=weights.therapist * sum(asked not in (None, one.therapist) for one in visits),
    )


def _rows(openings: Openings, number: int, choices: Sequence[Choice]) -> list[Row]:
    kept = openings.problem.kept.get(number)
    if kept:
        return [(kept.date, kept.start, kept.therapist, kept.room)] * len(choices)
    therapists = np.array([choice.therapist for choice in choices], np.intp)
    rooms = openings.room(_starts(openings, number, choices), therapists)
    return [
        (
            openings.problem.earliest + timedelta(choice.day),
            time(*divmod(choice.quarter * QUARTER, 60)),
            openings.therapists[choice.therapist].id,
            room,
        )
        for choice, room in zip(choices, rooms, strict=True)
    ]


def _starts(openings: Openings, number: int, choices: Sequence[Choice]) -> Indices:
    if number in openings.problem.kept:
        return np.full(len(choices), openings.kept(number)[0])
    numbers = np.array([(choice.day, choice.quarter, choice.therapist) for choice in choices], np.intp)
    return openings.cheapest(*numbers.reshape(-1, 3).T)
