"""Free times, over HTTP."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from services.booking.practice import slots
from services.booking.shapes.slots import SlotQuery, SlotsSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("slots", __name__, description="Free times")


@blueprint.get("/slots")
@identity.requires("desk", "therapist")
@blueprint.arguments(SlotQuery, location="query")
@blueprint.response(200, SlotsSchema)
def list_slots(search: slots.Search) -> dict[str, Any]:
    """What is free, on at most 31 days: starts on the quarter-hour, with therapist and room."""
    slots.check(search)
    with runtime().sessions.begin() as session:
        return slots.free(session, search)
