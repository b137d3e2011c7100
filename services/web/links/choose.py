"""Another time for a visit, chosen by the patient; or the visit is called off."""

from __future__ import annotations

from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, request

from services.chassis.asking import UpstreamError
from services.web.links import wishes
from services.web.links.offers import sealed, taken
from services.web.links.opening import Opened, clinic_of, note, opened, page
from services.web.links.when import TO_COME, Place, counts_as_used, is_late, notice_hours, of_visit, place
from services.web.links.wishes import Wishes

blueprint = Blueprint("choose", __name__)

MOST = 30
"""Asked of booking each time: several of them begin at the same time, with others."""


def show(link: Opened, told: str = "", status: int = 200) -> Any:
    """The visit as it is, and the best other times, while there is time to take one. `told` is what has just happened,
    if anything."""
    clinic = clinic_of(link)
    try:
        visit = link.ask("booking", f"/sessions/{link.object_id}")
    except UpstreamError as error:
        if error.status != 404:
            raise
        return note(link, clinic, "visit.gone", 404)
    now = _now(link)
    if visit["status"] not in TO_COME or datetime.fromisoformat(visit["starts_at"]) <= now:
        key = "visit.cancelled" if visit["status"] == "cancelled" else "visit.over"
        return page(link, "visit_over", clinic, visit=visit, now_at=of_visit(clinic, visit), key=key), status
    wished, late = _wished(), is_late(clinic, visit["starts_at"], now)
    facts = {
        "visit": visit,
        "now_at": of_visit(clinic, visit),
        "days": [] if late else _by_day(link, clinic, visit, _other_times(link, wished)),
        "late": late,
        "wished": wished,
        "parts": wishes.PARTS,
        "told": told,
        **_cancelling(link, clinic, visit, now),
    }
    return page(link, "choose", clinic, **facts), status


_REFUSED = {"slot_taken": "choose.taken", "too_late_to_move": "choose.meanwhile"}


@blueprint.post("/l/<token>/move")
def move(token: str) -> Any:
    """To a time that this link's page offered. Sent twice, it is done once and answered the same."""
    link = opened(token, "choose")
    offer = taken(link, "move")
    wanted = {**offer["to"], "by": "patient"}
    path = f"/sessions/{link.object_id}"
    try:
        moved = link.ask("booking", f"{path}/move", "POST", wanted, If_Match=f'"{offer["version"]}"')
    except UpstreamError as error:
        if error.status >= 500:
            raise
        if error.status != 412:
            return show(link, _REFUSED.get(error.code, "choose.refused"), 409)
        moved = link.ask("booking", path)
        if not _is_at(moved, offer["to"]):
            return show(link, "choose.changed", 409)
    return _moved(link, moved, offer)


@blueprint.post("/l/<token>/cancel")
def cancel(token: str) -> Any:
    """By the clinic's notice policy, as the page said; if that has changed since, the page says so first."""
    link = opened(token, "choose")
    offer = taken(link, "cancel")
    path, clinic = f"/sessions/{link.object_id}", clinic_of(link)
    visit = link.ask("booking", path)
    if visit["status"] != "cancelled":
        if not offer["counts"] and counts_as_used(clinic, visit["starts_at"], _now(link)):
            return show(link, "cancel.now_counts", 409)
        asked = {"by": "patient", "reason": "patient_asked"}
        try:
            visit = link.ask("booking", f"{path}/cancel", "POST", asked, If_Match=f'"{offer["version"]}"')
        except UpstreamError as error:
            if error.status >= 500:
                raise
            return show(link, "choose.changed", 409)
    forfeited = bool(visit.get("late")) and clinic.get("policy", {}).get("late_cancel_consumes_visit", True)
    return page(link, "cancelled", clinic, now_at=of_visit(clinic, visit), forfeited=forfeited)


def _moved(link: Opened, moved: dict[str, Any], offer: dict[str, Any]) -> str:
    clinic, old = clinic_of(link), offer["was"]
    was = place(clinic, old["start_at"], old["therapist"], old.get("room"))
    late = is_late(clinic, moved["starts_at"], _now(link))
    undo = None if late else sealed(link, "move", to=old, was=offer["to"], version=moved["version"])
    return page(link, "moved", clinic, now_at=of_visit(clinic, moved), was=was, undo=undo)


def _other_times(link: Opened, wished: Wishes) -> list[dict[str, Any]]:
    """Best first: by the cost of the whole series; none where the order has no room for any."""
    path = f"/sessions/{link.object_id}/alternatives"
    try:
        found = [link.ask("booking", path, "POST", {"limit": MOST, "possible": look}) for look in wished.looks()]
    except UpstreamError as error:
        if error.status >= 500:
            raise
        return []
    return sorted((one for each in found for one in each["alternatives"]), key=lambda one: one["cost"])


def _by_day(
    link: Opened, clinic: dict[str, Any], visit: dict[str, Any], ranked: list[dict[str, Any]]
) -> list[tuple[date, list[tuple[Place, str]]]]:
    """The best few in order of time, each with what its button sends."""
    others = [one for one in ranked if not _same_time(one["start_at"], visit["starts_at"])]
    places = wishes.some((_at(clinic, one) for one in others), lambda one: one.at)
    was = of_visit(clinic, visit).to_json()
    offers = [(at, sealed(link, "move", to=at.to_json(), was=was, version=visit["version"])) for at in places]
    return [(day, list(some)) for day, some in groupby(offers, lambda one: one[0].at.date())]


def _at(clinic: dict[str, Any], one: dict[str, Any]) -> Place:
    return place(clinic, one["start_at"], one["therapist"], one["room"])


def _cancelling(link: Opened, clinic: dict[str, Any], visit: dict[str, Any], now: datetime) -> dict[str, Any]:
    counts = counts_as_used(clinic, visit["starts_at"], now)
    late_counts = clinic.get("policy", {}).get("late_cancel_consumes_visit", True)
    return {
        "cancelling": sealed(link, "cancel", version=visit["version"], counts=counts),
        "counts": counts,
        "means": "cancel.counts" if counts else "cancel.free" if late_counts else "cancel.no_harm",
        "hours": notice_hours(clinic),
    }


def _wished() -> Wishes:
    return wishes.read(request.args.getlist("day"), request.args.getlist("part"), "")


def _now(link: Opened) -> datetime:
    return datetime.fromisoformat(link.ask("booking", "/clock")["now"])


def _is_at(visit: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return visit["status"] in TO_COME and _same_time(visit["starts_at"], wanted["start_at"])


def _same_time(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)
