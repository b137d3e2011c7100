"""A proposal is done exactly as it was shown, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Series, Visit
from services.booking.planning.problem import Problem
from services.booking.planning.wallclock import instants_of
from services.booking.practice.availability import Wish
from services.booking.refusals import SlotTaken
from services.booking.replanning import narrowing, placing
from services.booking.replanning.lineup import Lineup
from services.booking.replanning.placing import Scene
from services.booking.visits.bookable import Wanted
from services.booking.visits.claiming import lock
from services.booking.visits.extend import extend
from services.booking.visits.move import move_all
from services.chassis.outbox import Outbox
from services.contracts.booking import Who

MOST = 5
"""Alternatives for each visit."""

Moves = Sequence[tuple[UUID | None, Wanted]]
"""Sessions with their new times; a visit to be added where the session is None."""


def apply_replan(
    session: Session, outbox: Outbox, series_id: UUID, moves: Moves, by: Who = "clinic", reason: str = ""
) -> list[Visit]:
    """The visits moved and added. Raises what moving and adding do, `SlotTaken` for one."""
    reading.order_of_series(session, series_id)
    lock(session, _resources(reading.series(session, series_id), moves))
    moved = [(session_id, to) for session_id, to in moves if session_id is not None]
    added = [to for session_id, to in moves if session_id is None]
    done = move_all(session, outbox, series_id, moved, by=by, reason=reason) if moved else []
    return [*done, *(extend(session, outbox, series_id, added) if added else [])]


def slot_taken(session: Session, series_id: UUID, moves: Moves) -> SlotTaken:
    """The refusal, with the best places as of now for each visit whose time is taken, all others as proposed."""
    scene = placing.scene(session, series_id)
    named = {session_id for session_id, _ in moves if session_id is not None}
    going = [one for one in scene.to_come if one.id in named]
    problem = placing.stated(session, scene, going, Wish(alternatives=MOST), len(moves))
    free = [narrowing.is_free(to, problem) for _, to in moves]
    line = scene.lineup(going)
    stay = (*line.stay, *(to for (_, to), is_free in zip(moves, free, strict=True) if is_free))
    return SlotTaken(
        alternatives=[
            {
                "visit": index,
                "session_id": session_id and str(session_id),
                "start_at": to.start_at.isoformat(),
                "instead": _instead(scene, problem, replace(line, stay=stay, move=(), more=1)),
            }
            for index, ((session_id, to), is_free) in enumerate(zip(moves, free, strict=True), 1)
            if not is_free
        ]
    )


def _instead(scene: Scene, problem: Problem, line: Lineup) -> list[dict[str, Any]]:
    found = placing.solved(problem, scene, line).alternatives
    zone = scene.practice.zone
    return [{**one.to_json(), "start_at": instants_of(one.date, one.start, zone)[0].isoformat()} for one in found]


def _resources(series: Series, moves: Moves) -> set[int]:
    """All at once and in order, so that moving and adding after one another never wait in a circle.

    A number that no id can be is nobody's to lock; moving and adding refuse it.
    """
    taken = {series.order.patient_resource_id}
    for wanted in [*(to for _, to in moves), *(placing.wanted(one) for one in series.to_come)]:
        taken |= {wanted.therapist} | ({wanted.room} if wanted.room else set())
    return {one for one in taken if 0 < one < 1 << 63}
