"""Absences, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking.absences import showing
from services.booking.absences.enter import Away, enter, found, withdraw
from services.booking.absences.resolve import resolve
from services.booking.shapes.absences import AbsenceShown, AbsenceWithHits, AwaySchema, ResolvedShown, ResolveSchema
from services.chassis import clock, identity
from services.chassis.api import runtime

blueprint = Blueprint("absences", __name__, description="Absences")


@blueprint.post("/absences")
@identity.requires("desk")
@blueprint.arguments(AwaySchema)
@blueprint.response(201, AbsenceWithHits)
def post_absence(away: Away) -> dict[str, Any]:
    """A therapist is away, or a room cannot be used: the visits that it hits, and where they could go."""
    with runtime().sessions.begin() as session:
        absence_id = enter(session, runtime().outbox, away).id
    with runtime().sessions.begin() as session:
        return showing.shown(session, found(session, absence_id))


@blueprint.get("/absences")
@identity.requires("desk", "therapist")
@blueprint.response(200, AbsenceShown(many=True))
def list_absences() -> list[dict[str, Any]]:
    """Those that are not over and not withdrawn."""
    with runtime().sessions.begin() as session:
        return showing.listed(session)


@blueprint.get("/absences/<uuid:absence_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, AbsenceWithHits)
def get_absence(absence_id: UUID) -> dict[str, Any]:
    """With the visits that it still hits."""
    with runtime().sessions.begin() as session:
        return showing.shown(session, found(session, absence_id))


@blueprint.delete("/absences/<uuid:absence_id>")
@identity.requires("desk")
@blueprint.response(204)
def delete_absence(absence_id: UUID) -> None:
    """It does not hold after all; visits that were moved because of it stay where they are."""
    with runtime().sessions.begin() as session:
        withdraw(session, absence_id, clock.now(session))


@blueprint.post("/absences/<uuid:absence_id>/replan")
@identity.requires("desk")
@blueprint.arguments(ResolveSchema)
@blueprint.response(200, ResolvedShown(many=True))
def post_absence_replan(chosen: dict[str, list[UUID] | None], absence_id: UUID) -> list[dict[str, Any]]:
    """Move what is hit to the best times as of now; each series whole or not at all, and by itself."""
    return resolve(runtime().sessions, runtime().outbox, absence_id, chosen.get("series"))
