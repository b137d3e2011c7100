"""Orders, and plans for them, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint

from services.booking import showing
from services.booking.answers import OrderSchema
from services.booking.availability import Wish
from services.booking.plan_series import plan_series
from services.booking.schemas import OrderQuery, PlanQuery
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("plans", __name__, description="Orders and plans")


@blueprint.get("/orders")
@identity.requires("desk", "therapist")
@blueprint.arguments(OrderQuery, location="query")
@blueprint.response(200, OrderSchema(many=True))
def list_orders(query: dict[str, UUID]) -> list[dict[str, Any]]:
    """What referrals authorise, newest first, with their visit ledgers."""
    with runtime().sessions.begin() as session:
        return showing.orders(session, query.get("referral_id"))


@blueprint.post("/plans")
@identity.requires("desk", "therapist")
@blueprint.arguments(PlanQuery)
@blueprint.response(200)
def post_plan(query: dict[str, Any]) -> ResponseReturnValue:
    """The best series that can be booked now, with alternatives; or why none can."""
    order_id, wish = query["order_id"], query["wish"]
    assert isinstance(wish, Wish)
    with runtime().sessions.begin() as session:
        return jsonify(plan_series(session, order_id, wish))
