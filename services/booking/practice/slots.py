"""What is free: every start on the quarter-hour at which a therapist and a room could take somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Order
from services.booking.planning.openings import Openings
from services.booking.planning.problem import Problem
from services.booking.planning.wallclock import instant
from services.booking.practice import availability
from services.booking.practice.availability import Period, Wish
from services.booking.practice.location import Practice
from services.booking.practice.needs import NO_NEEDS
from services.booking.practice.taken import taken
from services.chassis.refusals import Invalid

MOST_DAYS = 31
NOBODY = 0
"""No resource has this id: whoever will come is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Local dates, both included, on which `minutes` are looked for; at the patient's home no room is needed."""

    first_on: date
    last_on: date
    minutes: int
    therapist: int | None = None
    location: int | None = None
    home: bool = False


def free(session: Session, search: Search) -> dict[str, Any]:
    """By day, in order of time: each start with the therapists who are free, each with a room.

    Raises `NoClinic`, `Invalid`.
    """
    practice = reading.practice(session, search.location)
    when = Period(max(search.first_on, practice.today), None, *[min(search.last_on, practice.horizon)] * 2)
    days = list(_days(session, practice, when, search)) if when.earliest <= when.latest else []
    return {"timezone": practice.timezone, "minutes": search.minutes, "days": days}


def check(search: Search) -> None:
    """Raises `Invalid`."""
    if not 0 <= (search.last_on - search.first_on).days < MOST_DAYS:
        raise Invalid(to=[f"Give a date not before `from`, and at most {MOST_DAYS} days in all."])


def _days(session: Session, practice: Practice, when: Period, search: Search) -> Iterator[dict[str, Any]]:
    order = _order(search)
    claims = taken(session, practice, order, NO_NEEDS, when)
    problem = availability.problem(practice, order.terms, when, 1, NOBODY, claims, Wish())
    if search.therapist is not None:
        some = tuple(one for one in problem.therapists if one.id == search.therapist)
        problem = replace(problem, therapists=some)
    return _by_day(problem, when)


def _order(search: Search) -> Order:
    """Nobody's, that asks for nothing but time; it is never written down. Their home is as far as the policy says."""
    return Order(
        id=UUID(int=NOBODY),
        patient_resource_id=NOBODY,
        visits=1,
        cadence_visits=1,
        cadence_days=7,
        session_minutes=search.minutes,
        issued_on=search.first_on,
        valid_until=search.last_on,
        home_visit=search.home,
        techniques=[],
        equipment=[],
    )


def _by_day(problem: Problem, when: Period) -> Iterator[dict[str, Any]]:
    openings = Openings.of(problem, when.latest)
    start, therapist = np.nonzero(openings.clinic.T)
    if not len(start):
        return
    rooms = openings.room(start, therapist)
    ids = [one.id for one in openings.therapists]
    rows = zip(start.tolist(), therapist.tolist(), rooms, strict=True)
    starts = [(at, [(ids[who], room) for _, who, room in some]) for at, some in groupby(rows, key=lambda row: row[0])]
    day = openings.grid.starts.day
    for number, of_day in groupby(starts, key=lambda one: int(day[one[0]])):
        found = [_start(int(openings.grid.starts.at[at]), some, problem) for at, some in of_day]
        yield {"date": date.fromordinal(when.earliest.toordinal() + number), "starts": found}


def _start(minute: int, some: list[tuple[int, int | None]], problem: Problem) -> dict[str, Any]:
    at = instant(minute)
    return {
        "start_at": at,
        "start": f"{at.astimezone(problem.zone):%H:%M}",
        "therapists": [{"therapist": therapist, "room": room} for therapist, room in some],
    }
