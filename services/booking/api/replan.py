"""Other times for visits of a booked series, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking import showing
from services.booking.answers import SeriesSchema
from services.booking.api.acting import by_a_service
from services.booking.models import Series
from services.booking.refusals import SlotTaken
from services.booking.replanning import propose
from services.booking.replanning.alternatives import alternatives
from services.booking.replanning.apply import apply_replan, slot_taken
from services.booking.shapes.replan import (
    AlternativesQuery,
    AlternativesSchema,
    ProposalShown,
    ProposalWanted,
    ReplanQuery,
)
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("replan", __name__, description="Other times for what is booked")


@blueprint.post("/sessions/<uuid:session_id>/alternatives")
@identity.requires("desk", "therapist", "service")
@blueprint.arguments(AlternativesQuery)
@blueprint.response(200, AlternativesSchema)
@blueprint.alt_response(409, description="too_late_to_move, to a service, with until when it was possible")
def post_alternatives(asked: dict[str, Any], session_id: UUID) -> dict[str, Any]:
    """When else this visit could be, the others as they are, ranked by the cost of the whole series."""
    with runtime().sessions.begin() as session:
        return alternatives(session, session_id, asked["wish"], asked["therapist"], unasked=by_a_service())


@blueprint.post("/series/<uuid:series_id>/replan")
@identity.requires("desk", "therapist")
@blueprint.arguments(ReplanQuery)
@blueprint.response(200, ProposalShown)
def post_replan(asked: dict[str, Any], series_id: UUID) -> dict[str, Any]:
    """The best new times for some visits and for those cancelled in time, all else kept; nothing is changed."""
    with runtime().sessions.begin() as session:
        return propose.propose(session, series_id, asked["rest"], asked["wish"])


@blueprint.post("/series/<uuid:series_id>/replan/apply")
@identity.requires("desk")
@blueprint.arguments(ProposalWanted)
@blueprint.response(200, SeriesSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_apply(proposal: dict[str, Any], series_id: UUID) -> Series:
    """Do exactly this, whole or not at all."""
    moves = [(move["session_id"], move["to"]) for move in proposal["moves"]]
    try:
        with runtime().sessions.begin() as session:
            apply_replan(session, runtime().outbox, series_id, moves)
            session.flush()
            return showing.series(session, series_id)
    except SlotTaken:
        pass
    with runtime().sessions.begin() as session:
        raise slot_taken(session, series_id, moves)
