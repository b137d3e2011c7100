"""A time that became free is offered to a patient who waits: they take it, or leave it to the next."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint

from services.chassis.asking import UpstreamError
from services.web.links.offers import sealed, taken
from services.web.links.opening import Opened, clinic_of, note, opened, page
from services.web.links.when import place

blueprint = Blueprint("offer", __name__)


def show(link: Opened) -> Any:
    """Asks; or says how it ended, once it did."""
    clinic = clinic_of(link)
    try:
        offer = link.ask("booking", f"/offers/{link.object_id}")
    except UpstreamError as error:
        if error.status != 404:
            raise
        return note(link, clinic, "offer.gone", 404)
    now = datetime.fromisoformat(link.ask("booking", "/clock")["now"])
    by = datetime.fromisoformat(offer["answer_by"]).astimezone(ZoneInfo(clinic["timezone"]))
    if offer["status"] != "open" or by <= now:
        return _ended(link, clinic, offer)
    free = place(clinic, offer["starts_at"], offer["therapist"], offer["room"])
    acts = {act: sealed(link, act, offer=offer["id"]) for act in ("accept", "decline")}
    return page(link, "offer", clinic, free=free, by=by, moves=offer["session_id"] is not None, **acts)


@blueprint.post("/l/<token>/accept")
def accept(token: str) -> Any:
    """Whoever is first has it. Sent twice, it is answered the same."""
    return _answer(token, "accept")


@blueprint.post("/l/<token>/decline")
def decline(token: str) -> Any:
    return _answer(token, "decline")


def _answer(token: str, act: str) -> Any:
    link = opened(token, "offer")
    taken(link, act)
    offer = link.ask("booking", f"/offers/{link.object_id}/{act}", "POST", {})
    return _ended(link, clinic_of(link), offer)


def _ended(link: Opened, clinic: dict[str, Any], offer: dict[str, Any]) -> Any:
    if offer["status"] != "accepted":
        return note(link, clinic, "offer.declined" if offer["status"] == "declined" else "offer.gone")
    return page(link, "offer_taken", clinic, free=place(clinic, offer["starts_at"], offer["therapist"], offer["room"]))
