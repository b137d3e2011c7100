"""Series of sessions, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from sqlalchemy.exc import IntegrityError

from services.booking import instead, showing
from services.booking.answers import BookedSchema, SeriesSchema
from services.booking.book import book
from services.booking.bookable import Wanted
from services.booking.models import Series
from services.booking.refusals import IdempotencyKeyRequired
from services.booking.schemas import Booking
from services.chassis import idempotency, identity
from services.chassis.api import runtime

blueprint = Blueprint("series", __name__, description="Series")


@blueprint.post("/series")
@identity.requires("desk")
@blueprint.arguments(Booking)
@blueprint.response(201, BookedSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_series(booking: dict[str, Any]) -> ResponseReturnValue:
    """Book a series, whole or not at all. Needs an Idempotency-Key header."""
    key = _idempotency_key()
    order_id, visits = booking["order_id"], booking["visits"]
    try:
        return _booked_once(key, order_id, visits)
    except IntegrityError as error:
        if not instead.says_taken(error):
            raise
    with runtime().sessions.begin() as session:
        raise instead.slot_taken(session, order_id, visits)


def _booked_once(key: str, order_id: UUID, visits: list[Wanted]) -> ResponseReturnValue:
    with runtime().sessions.begin() as session:
        earlier = idempotency.earlier_answer(session, key, request.get_json())
        if earlier:
            return jsonify(earlier[1]), earlier[0]
        series, practice = book(session, runtime().outbox, order_id, visits)
        answer = BookedSchema().dump(showing.booked(series, practice))
        idempotency.remember(session, key, 201, answer)
        return jsonify(answer), 201


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 200:
        raise IdempotencyKeyRequired
    return key


@blueprint.get("/series/<uuid:series_id>")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, SeriesSchema)
def get_series(series_id: UUID) -> Series:
    with runtime().sessions.begin() as session:
        return showing.series(session, series_id)
