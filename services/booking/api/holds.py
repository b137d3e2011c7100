"""Time that is held for a while, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.booking import showing
from services.booking.answers import BookedSchema
from services.booking.api.acting import once, or_alternatives
from services.booking.schemas import Booking
from services.booking.shapes.sessions import HoldSchema
from services.booking.visits import instead
from services.booking.visits.hold import book_hold, hold
from services.booking.visits.release_hold import release_hold
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("holds", __name__, description="Holds")


@blueprint.post("/holds")
@identity.requires("desk")
@blueprint.arguments(Booking)
@blueprint.response(201, HoldSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_hold(booking: dict[str, Any]) -> ResponseReturnValue:
    """Hold the time of a series for as long as the clinic says. Needs an Idempotency-Key header."""
    wanted = booking["order_id"], booking["visits"], booking["location"]

    def act(session: Session) -> Any:
        return HoldSchema().dump(showing.held(*hold(session, *wanted)))

    return or_alternatives(
        lambda: once(201, act), lambda session: instead.of_request(session, *wanted), wanted=booking["alternatives"]
    )


@blueprint.get("/holds/<uuid:hold_id>")
@identity.requires("desk")
@blueprint.response(200, HoldSchema)
def get_hold(hold_id: UUID) -> dict[str, Any]:
    with runtime().sessions.begin() as session:
        return showing.hold(session, hold_id)


@blueprint.post("/holds/<uuid:hold_id>/book")
@identity.requires("desk")
@blueprint.response(201, BookedSchema)
@blueprint.alt_response(409, description="hold_expired; slot_taken, with alternatives; no_visits_left")
def post_book(hold_id: UUID) -> dict[str, Any]:
    """Book what is held. Sent again, it is answered alike."""

    def act() -> dict[str, Any]:
        with runtime().sessions.begin() as session:
            return showing.series_with_ledger(book_hold(session, runtime().outbox, hold_id))

    return or_alternatives(act, lambda session: instead.of_hold(session, hold_id))


@blueprint.delete("/holds/<uuid:hold_id>")
@identity.requires("desk")
@blueprint.response(204)
def delete_hold(hold_id: UUID) -> None:
    """The time is not wanted any more."""
    with runtime().sessions.begin() as session:
        release_hold(session, hold_id)
