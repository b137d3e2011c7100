"""Sessions, over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking import reading
from services.booking.answers import DaySession, SessionSchema
from services.booking.confirm import confirm
from services.booking.day import day as clinic_day
from services.booking.models import Visit
from services.booking.schemas import DayQuery
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("sessions", __name__, description="Sessions")


@blueprint.get("/sessions")
@identity.requires("desk", "therapist")
@blueprint.arguments(DayQuery, location="query")
@blueprint.response(200, DaySession(many=True))
def list_sessions(query: dict[str, date]) -> list[dict[str, Any]]:
    """The clinic's day."""
    with runtime().sessions.begin() as session:
        return clinic_day(session, query["day"])


@blueprint.get("/sessions/<uuid:session_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, SessionSchema)
def get_session(session_id: UUID) -> Visit:
    with runtime().sessions.begin() as session:
        return reading.visit(session, session_id)


@blueprint.post("/sessions/<uuid:session_id>/confirm")
@identity.requires("desk")
@blueprint.response(200, SessionSchema)
def post_confirm(session_id: UUID) -> Visit:
    with runtime().sessions.begin() as session:
        return confirm(session, runtime().outbox, session_id)
