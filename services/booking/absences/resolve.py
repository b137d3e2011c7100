"""The proposals of an absence are done, each series by itself: what cannot be moved does not hold up the rest."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.absences.enter import found
from services.booking.absences.hits import hit
from services.booking.absences.propose import propose
from services.booking.refusals import SlotTaken
from services.booking.replanning.apply import apply_replan
from services.booking.replanning.propose import shown
from services.chassis import clock
from services.chassis.database import Sessions
from services.chassis.outbox import Outbox
from services.chassis.refusals import Refusal

TRIES = 3
"""Somebody else may take a time between proposal and move."""


def resolve(
    sessions: Sessions, outbox: Outbox, absence_id: UUID, series_ids: Collection[UUID] | None
) -> list[dict[str, Any]]:
    """What happened to each series that is hit, or to those chosen among them. Raises `NotFound`."""
    with sessions.begin() as session:
        hits = hit(session, found(session, absence_id), clock.now(session))
        ids = dict.fromkeys(visit.series_id for visit in hits)
    return [_resolve(sessions, outbox, absence_id, one) for one in ids if series_ids is None or one in series_ids]


def _resolve(sessions: Sessions, outbox: Outbox, absence_id: UUID, series_id: UUID) -> dict[str, Any]:
    for _ in range(TRIES):
        try:
            with sessions.begin() as session:
                return _move(session, outbox, absence_id, series_id)
        except SlotTaken:
            continue
        except Refusal as refusal:
            return _stayed(series_id, refusal.code)
    return _stayed(series_id, "slot_taken")


def _move(session: Session, outbox: Outbox, absence_id: UUID, series_id: UUID) -> dict[str, Any]:
    reading.order_of_series(session, series_id)
    reading.series(session, series_id)
    hits = hit(session, found(session, absence_id), clock.now(session))
    own = [visit for visit in hits if visit.series_id == series_id]
    if not own:
        return {"series_id": series_id, "moves": [], "unplaced": [], "why": None}
    made = propose(session, own)[0].proposal
    assert made is not None
    if made.moves:
        moves = [(move.now.session_id, move.to) for move in made.moves if move.now]
        apply_replan(session, outbox, series_id, moves, reason="therapist_absent")
        session.flush()
    return {**shown(made), "why": "no_place" if made.unplaced else None}


def _stayed(series_id: UUID, why: str) -> dict[str, Any]:
    return {"series_id": series_id, "moves": [], "unplaced": [], "why": why}
