"""The rest of a series is planned again: what would move where, and doing exactly that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking.models import Visit
from services.booking.planning.problem import Problem
from services.booking.practice.availability import Wish
from services.booking.replanning import placing
from services.booking.replanning.lineup import Answer
from services.booking.replanning.narrowing import room_serves
from services.booking.replanning.placing import Scene
from services.booking.replanning.proposal import Move, Now, Proposal, matched
from services.booking.visits.bookable import Wanted
from services.chassis.refusals import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Which visits may move: these, or all from a date on, or all to come. `visits` is how many are to be added;
    None adds those that were cancelled in time."""

    sessions: tuple[UUID, ...] | None = None
    from_on: date | None = None
    visits: int | None = None
    without_therapist: int | None = None


def propose(session: Session, series_id: UUID, rest: Rest, wish: Wish) -> dict[str, Any]:
    """A proposal; nothing is changed. Raises `NotFound`, `NoClinic`, `Invalid`."""
    scene = placing.scene(session, series_id)
    move, more = _chosen(scene, rest), _more(scene, rest)
    problem = placing.stated(session, scene, move, wish, len(move) + more)
    if rest.without_therapist is not None:
        others = tuple(one for one in problem.therapists if one.id != rest.without_therapist)
        problem = replace(problem, therapists=others)
    found = placing.solved(problem, scene, scene.lineup(move, more))
    made = proposal(scene, found, move, more)
    said = shown(made)
    said["relaxations"] = placing.relaxations(scene, found, move, more) if made.unplaced else []
    return said


def proposal(scene: Scene, found: Answer, move: Sequence[Visit], more: int) -> Proposal:
    """What is to be done; a visit that is best where it is does not move."""
    moves, unplaced = matched([_now(one) for one in move], scene.lineup(move).stay, more, found.times)
    real = [one for one in moves if one.now is None or not _same(one.now.wanted, one.to, found.problem)]
    return Proposal(scene.series.id, tuple(real), tuple(unplaced), found.cost_now, found.cost, found.in_rhythm)


def shown(made: Proposal) -> dict[str, Any]:
    return {
        "series_id": made.series_id,
        "moves": [_move(one) for one in made.moves],
        "unplaced": [None if one is None else one.session_id for one in made.unplaced],
        "cost_now": made.cost_now,
        "cost": made.cost,
        "in_rhythm": made.in_rhythm,
    }


def _chosen(scene: Scene, rest: Rest) -> list[Visit]:
    if rest.sessions is not None:
        return _named(scene.to_come, rest.sessions)
    zone, first = scene.practice.zone, rest.from_on
    return [one for one in scene.to_come if first is None or one.starts_at.astimezone(zone).date() >= first]


def _named(to_come: Sequence[Visit], ids: Collection[UUID]) -> list[Visit]:
    if set(ids) - {one.id for one in to_come}:
        raise Invalid(sessions=["Choose sessions of this series that are still to come."])
    return [one for one in to_come if one.id in ids]


def _more(scene: Scene, rest: Rest) -> int:
    left = scene.series.order.ledger.remaining
    if rest.visits is not None and rest.visits > left:
        raise Invalid(visits=["The order does not cover that many more visits."])
    return scene.returned if rest.visits is None else rest.visits


def _now(visit: Visit) -> Now:
    return Now(visit.id, visit.number, placing.wanted(visit))


def _same(now: Wanted, to: Wanted, problem: Problem) -> bool:
    """The same time with the same therapist; the room it has serves as well, unless it cannot be used."""
    if (now.start_at, now.therapist) != (to.start_at, to.therapist):
        return False
    return now.room == to.room or room_serves(now, problem)


def _move(one: Move) -> dict[str, Any]:
    now = one.now
    return {
        "session_id": now and now.session_id,
        "number": now and now.number,
        "now": now and _place(now.wanted),
        "to": _place(one.to),
    }


def _place(one: Wanted) -> dict[str, Any]:
    return {"start_at": one.start_at, "therapist": one.therapist, "room": one.room}
