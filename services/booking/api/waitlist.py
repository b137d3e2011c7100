"""The waitlist, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy.orm import joinedload

from services.booking.models import Offer
from services.booking.shapes.waitlist import OfferShown, WaitingShown, WaitlistQuery, WaitSchema
from services.booking.waitlist import enter, listing
from services.booking.waitlist.answer import answer
from services.chassis import identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound

blueprint = Blueprint("waitlist", __name__, description="The waitlist")


@blueprint.post("/waitlist")
@identity.requires("desk", "service")
@blueprint.arguments(WaitSchema)
@blueprint.response(201, WaitingShown)
@blueprint.alt_response(409, description="already_waiting; no_visits_left, with the ledger")
def post_waiting(wish: enter.Wait) -> dict[str, Any]:
    """A patient waits for an earlier time of a visit, or for one more visit."""
    with runtime().sessions.begin() as session:
        waiting = enter.wait(session, wish)
        session.flush()
        return listing.shown(waiting, [])


@blueprint.get("/waitlist")
@identity.requires("desk", "therapist")
@blueprint.arguments(WaitlistQuery, location="query")
@blueprint.response(200, WaitingShown(many=True))
def list_waiting(query: dict[str, str]) -> list[dict[str, Any]]:
    """Who waits, longest first, and what they were offered."""
    with runtime().sessions.begin() as session:
        return listing.listed(session, query["status"])


@blueprint.delete("/waitlist/<uuid:waiting_id>")
@identity.requires("desk", "service")
@blueprint.response(204)
def delete_waiting(waiting_id: UUID) -> None:
    """The patient does not wait any more; an open offer ends."""
    with runtime().sessions.begin() as session:
        enter.withdraw(session, runtime().outbox, waiting_id)


@blueprint.get("/offers/<uuid:offer_id>")
@identity.requires("desk", "service")
@blueprint.response(200, OfferShown)
def get_offer(offer_id: UUID) -> Offer:
    """A freed time as it is offered, or how the offer ended."""
    with runtime().sessions.begin() as session:
        offer = session.get(Offer, offer_id, options=[joinedload(Offer.waiting)])
        if offer is None:
            raise NotFound(offer_id=str(offer_id))
        return offer


@blueprint.post("/offers/<uuid:offer_id>/accept")
@identity.requires("desk", "service")
@blueprint.response(200, OfferShown)
def post_accept(offer_id: UUID) -> Offer:
    """The patient takes the time; `status` says whether they have it, or how the offer had ended before."""
    with runtime().sessions.begin() as session:
        return answer(session, runtime().outbox, offer_id, accepted=True)


@blueprint.post("/offers/<uuid:offer_id>/decline")
@identity.requires("desk", "service")
@blueprint.response(200, OfferShown)
def post_decline(offer_id: UUID) -> Offer:
    """The patient does not take the time: it is offered to the next."""
    with runtime().sessions.begin() as session:
        return answer(session, runtime().outbox, offer_id, accepted=False)
