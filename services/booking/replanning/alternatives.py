"""When else one visit of a series could be, with all the others as they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.booking.models import Visit
from services.booking.planning.answer import Alternative
from services.booking.planning.wallclock import instants_of
from services.booking.practice.availability import Wish
from services.booking.refusals import SessionNotOpen, TooLateToMove
from services.booking.replanning import placing
from services.booking.replanning.lineup import Answer
from services.booking.visits.cancelling import moved_until


def alternatives(
    session: Session, visit_id: UUID, wish: Wish, therapist: int | None, *, unasked: bool = False
) -> dict[str, Any]:
    """Ranked by the cost of the whole series, each with its difference to the series as it is. `unasked`: the patient
    wants to move it without asking anybody.

    Raises `NotFound`, `NoClinic`, `SessionNotOpen`, `TooLateToMove`, `Invalid`.
    """
    scene, visit = placing.scene_of(session, visit_id)
    if visit not in scene.to_come:
        raise SessionNotOpen(status=visit.status)
    until = moved_until(visit.starts_at, scene.practice.policy)
    if unasked and until < scene.practice.now:
        raise TooLateToMove(until=until.isoformat())
    found = placing.answer(session, scene, [visit], wish, therapist=therapist)
    fits = bool(found.times)
    return {
        "session_id": visit.id,
        "now": shown(visit, found.cost_now),
        "in_rhythm": found.in_rhythm,
        "alternatives": [_alternative(one, found, visit, scene.practice.zone) for one in found.alternatives],
        "relaxations": [] if fits else placing.relaxations(scene, found, [visit], 0),
    }


def shown(visit: Visit, cost: int) -> dict[str, Any]:
    return {
        "start_at": visit.starts_at,
        "end_at": visit.ends_at,
        "therapist": visit.therapist_id,
        "room": visit.room_id,
        "cost": cost,
    }


def _alternative(one: Alternative, found: Answer, visit: Visit, zone: ZoneInfo) -> dict[str, Any]:
    start_at = instants_of(one.date, one.start, zone)[0]
    return {
        "start_at": start_at,
        "end_at": start_at + (visit.ends_at - visit.starts_at),
        "therapist": one.therapist,
        "room": one.room,
        "cost": one.cost,
        "difference": one.cost - found.cost_now,
    }
