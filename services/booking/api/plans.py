"""Orders, and plans for them, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from services.booking import showing
from services.booking.answers import OrderSchema
from services.booking.orders.forecast import forecast
from services.booking.plan_series import plan_series
from services.booking.practice.availability import Wish
from services.booking.practice.suited import suited
from services.booking.schemas import OrderQuery, PlanQuery
from services.booking.shapes.plans import ForecastSchema, LocationQuery, TherapistMatch
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("plans", __name__, description="Orders and plans")


@blueprint.get("/orders")
@identity.requires("desk", "therapist", "service")
@blueprint.arguments(OrderQuery, location="query")
@blueprint.response(200, OrderSchema(many=True))
def list_orders(query: dict[str, UUID]) -> list[dict[str, Any]]:
    """What referrals authorise, newest first, with their visit ledgers."""
    with runtime().sessions.begin() as session:
        return showing.orders(session, query.get("referral_id"))


@blueprint.get("/orders/<uuid:order_id>/therapists")
@identity.requires("desk", "therapist")
@blueprint.arguments(LocationQuery, location="query")
@blueprint.response(200, TherapistMatch(many=True))
def list_therapists(query: dict[str, int], order_id: UUID) -> list[dict[str, Any]]:
    """Every therapist, who may treat and suits best first, with the reasons for and against."""
    with runtime().sessions.begin() as session:
        return suited(session, order_id, query.get("location"))


@blueprint.get("/orders/<uuid:order_id>/forecast")
@identity.requires("desk", "therapist")
@blueprint.response(200, ForecastSchema)
def get_forecast(order_id: UUID) -> dict[str, Any]:
    """How many of the visits that are left fit before the order's end."""
    with runtime().sessions.begin() as session:
        return forecast(session, order_id)


@blueprint.post("/plans")
@identity.requires("desk", "therapist", "service")
@blueprint.arguments(PlanQuery)
@blueprint.response(200)
def post_plan(query: dict[str, Any]) -> ResponseReturnValue:
    """The best series that can be booked now, with alternatives; or why none can."""
    order_id, wish = query["order_id"], query["wish"]
    assert isinstance(wish, Wish)
    with runtime().sessions.begin() as session:
        return jsonify(plan_series(session, order_id, wish))
