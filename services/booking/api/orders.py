"""What has become of orders, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking import reading
from services.booking.orders import covering
from services.booking.orders.recount import Recount, recount
from services.booking.orders.settle import settle
from services.booking.shapes.orders import CheckQuery, CheckSchema, CoverageSchema, LedgerOfOrder, SettleSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("orders", __name__, description="Ledgers and coverage of orders")


@blueprint.get("/orders/<uuid:order_id>/ledger")
@identity.requires("desk", "therapist")
@blueprint.response(200, LedgerOfOrder)
def get_ledger(order_id: UUID) -> dict[str, Any]:
    """The balance, and every entry that it follows from."""
    with runtime().sessions.begin() as session:
        order = reading.order(session, order_id)
        return {"order_id": order.id, "balance": order.ledger, "entries": order.entries}


@blueprint.get("/orders/<uuid:order_id>/coverage")
@identity.requires("desk", "therapist")
@blueprint.response(200, CoverageSchema)
def get_coverage(order_id: UUID) -> dict[str, Any]:
    """Which visits to come the order still covers, and a proposal for each of the others."""
    with runtime().sessions.begin() as session:
        return covering.coverage(session, order_id)


@blueprint.post("/orders/<uuid:order_id>/coverage/settle")
@identity.requires("desk")
@blueprint.arguments(SettleSchema)
@blueprint.response(200, CoverageSchema)
@blueprint.alt_response(409, description="still_covered, with the sessions")
def post_settle(wanted: dict[str, list[Any]], order_id: UUID) -> dict[str, Any]:
    """Cancel or move visits that the order does not cover any more; none is lost to the patient."""
    with runtime().sessions.begin() as session:
        settle(session, runtime().outbox, order_id, wanted["cancel"], dict(wanted["move"]))
        return covering.coverage(session, order_id)


@blueprint.get("/ledger/check")
@identity.requires("admin")
@blueprint.arguments(CheckQuery, location="query")
@blueprint.response(200, CheckSchema)
def get_check(query: dict[str, Any]) -> Recount:
    """Work out the next orders' ledgers again from the events, and hold tables and claims against them."""
    with runtime().sessions.begin() as session:
        return recount(session, **query)
