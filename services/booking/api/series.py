"""Series of sessions, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.booking import showing
from services.booking.answers import BookedSchema, SeriesSchema
from services.booking.api.acting import once, or_alternatives
from services.booking.models import Series
from services.booking.schemas import Booking
from services.booking.shapes.sessions import ExtendedSchema, ExtendSchema
from services.booking.visits import instead
from services.booking.visits.book import book
from services.booking.visits.bookable import Wanted
from services.booking.visits.early import refuse_if_plainly_taken
from services.booking.visits.extend import extend
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("series", __name__, description="Series")


@blueprint.post("/series")
@identity.requires("desk", "service")
@blueprint.arguments(Booking)
@blueprint.response(201, BookedSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_series(booking: dict[str, Any]) -> ResponseReturnValue:
    """Book a series, whole or not at all. Needs an Idempotency-Key header."""
    wanted = booking["order_id"], booking["visits"], booking["location"]

    def act(session: Session) -> Any:
        refuse_if_plainly_taken(session, booking["order_id"], booking["visits"])
        return BookedSchema().dump(showing.booked(*book(session, runtime().outbox, *wanted)))

    return or_alternatives(
        lambda: once(201, act), lambda session: instead.of_request(session, *wanted), wanted=booking["alternatives"]
    )


@blueprint.get("/series/<uuid:series_id>")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, SeriesSchema)
def get_series(series_id: UUID) -> Series:
    with runtime().sessions.begin() as session:
        return showing.series(session, series_id)


@blueprint.post("/series/<uuid:series_id>/visits")
@identity.requires("desk")
@blueprint.arguments(ExtendSchema)
@blueprint.response(201, ExtendedSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_visits(more: dict[str, list[Wanted]], series_id: UUID) -> ResponseReturnValue:
    """More visits for a series, whole or not at all. Needs an Idempotency-Key header."""
    visits = more["visits"]

    def act(session: Session) -> Any:
        return ExtendedSchema().dump(showing.extended(extend(session, runtime().outbox, series_id, visits)))

    return or_alternatives(lambda: once(201, act), lambda session: instead.of_more(session, series_id, visits))
