"""What else is taken, or not wanted: a problem with less room in it, and whether a time is free in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from services.booking.planning.checks import MOST_DAYS
from services.booking.planning.problem import Problem
from services.booking.planning.spans import Spans
from services.booking.planning.wallclock import midnight
from services.booking.replanning.lineup import Lineup, day_of, local
from services.booking.visits.bookable import Wanted


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that is spoken for, and the instant at which therapist and room are free again."""

    visit: Wanted
    until: datetime


def also_taken(problem: Problem, taken: Sequence[Taken]) -> Problem:
    """The same problem where others have these times."""
    if not taken:
        return problem
    therapists = (replace(one, busy=_with(one.busy, taken, "therapist", one.id, problem)) for one in problem.therapists)
    rooms = (replace(one, busy=_with(one.busy, taken, "room", one.id, problem)) for one in problem.rooms or ())
    return replace(problem, therapists=tuple(therapists), rooms=None if problem.rooms is None else tuple(rooms))


def _with(busy: Spans, taken: Sequence[Taken], kind: str, id_: int, problem: Problem) -> Spans:
    zone = problem.zone
    more = [
        (one.visit.start_at.astimezone(zone).replace(tzinfo=None), one.until.astimezone(zone).replace(tzinfo=None))
        for one in taken
        if getattr(one.visit, kind) == id_
    ]
    return Spans(np.concatenate([busy.minutes, Spans.of(more).minutes])) if more else busy


def between(problem: Problem, first: date | None, last: date | None, lineup: Lineup) -> Problem:
    """New places only from `first` to `last`, where they are given; what stays may lie after the order's end too."""
    dates = [day_of(one, problem.zone) for one in (*lineup.stay, *lineup.move)]
    latest = min(max([problem.latest, *dates]), problem.earliest + timedelta(MOST_DAYS))
    if latest > problem.latest:
        last = min(last or problem.latest, problem.latest)
    if first is None and last is None:
        return problem
    bounds = midnight(first or problem.earliest), midnight(last + timedelta(1)) if last else midnight(date.max)
    therapists = (replace(one, open=_clipped(one.open, *bounds)) for one in problem.therapists)
    return replace(problem, latest=latest, therapists=tuple(therapists))


def _clipped(spans: Spans, begins: int, ends: int) -> Spans:
    minutes = np.clip(spans.minutes, begins, ends)
    return Spans(minutes[minutes[:, 0] < minutes[:, 1]])


def room_serves(visit: Wanted, problem: Problem) -> bool:
    """Whether the visit's own room is one that can be booked, and nobody else's for session and buffer."""
    if problem.rooms is None or visit.room is None:
        return problem.rooms is None and visit.room is None
    room = next((one for one in problem.rooms if one.id == visit.room), None)
    return room is not None and _is_clear(room.busy, visit, problem)


def is_free(visit: Wanted, problem: Problem) -> bool:
    """Whether room, therapist and patient have nothing else then; opening hours are not looked at."""
    therapist = next((one for one in problem.therapists if one.id == visit.therapist), None)
    if therapist is None or not room_serves(visit, problem):
        return False
    return _is_clear(therapist.busy, visit, problem) and _is_clear(problem.patient.busy, visit, problem, 0)


def _is_clear(busy: Spans, visit: Wanted, problem: Problem, buffer: int | None = None) -> bool:
    if buffer is None:
        buffer = next((one.buffer_minutes for one in problem.therapists if one.id == visit.therapist), 0)
    day, start = local(visit, problem.zone)
    begins = midnight(day) + start.hour * 60 + start.minute
    ends = begins + problem.session_minutes + buffer
    return not bool(((busy.minutes[:, 0] < ends) & (begins < busy.minutes[:, 1])).any())
