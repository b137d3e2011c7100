"""A patient books the series that a referral authorises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, url_for

from services.chassis.asking import UpstreamError
from services.web import keeping
from services.web.keeping import Kept
from services.web.links import series, wishes, words
from services.web.links.offers import sealed, taken
from services.web.links.opening import Opened, clinic_of, note, opened, page
from services.web.links.when import place, therapist
from services.web.links.wishes import Wishes

blueprint = Blueprint("book", __name__)

RANKED = 60
OTHERS = 6
"""Other times shown for each visit."""


def show(link: Opened, told: str = "", status: int = 200, *, plainly: bool = False) -> Any:
    """The best series that can be had, or the one that is booked. `plainly`: no wish is heeded."""
    if booked := series.standing_series(link):
        return series.show(link, booked, booked="booked" in request.args)
    clinic, order = clinic_of(link), _order(link)
    if order is None:
        return note(link, clinic, "book.not_now", status)
    wished, kept = (Wishes(), {}) if plainly else (_wished(), keeping.read(request.args.getlist("keep")))
    try:
        plan = _planned(link, order, wished, kept)
    except UpstreamError as error:
        if error.status >= 500:
            raise
        if (wished or kept) and error.status == 422:
            return show(link, "book.refused", 409, plainly=True)
        return note(link, clinic, "book.why_call", 409)
    return page(link, "book", clinic, **_proposal(link, clinic, order, plan, wished, kept), told=told), status


@blueprint.post("/l/<token>/book")
def book(token: str) -> Any:
    """A series that this link's page proposed. Sent twice, or from two windows, it is booked once."""
    link = opened(token, "book")
    offer = taken(link, "book")
    if not series.standing_series(link):
        wanted = {name: offer[name] for name in ("order_id", "visits", "location")} | {"alternatives": False}
        try:
            link.ask("booking", "/series", "POST", wanted, Idempotency_Key=f"{link.link_id}:{offer['after']}")
        except UpstreamError as error:
            if error.status >= 500:
                raise
            # Of two windows that book at the same time, the other was first.
            if error.code != "idempotency_key_reused":
                told = "book.taken" if error.code == "slot_taken" else "book.refused"
                return show(link, told, 409, plainly=True)
    return redirect(url_for("links.open_link", token=token, booked=1), 303)


def _order(link: Opened) -> dict[str, Any] | None:
    """What the referral still authorises."""
    orders = link.ask("booking", f"/orders?referral_id={link.object_id}")
    over = ("ended", "expired")
    return next((one for one in orders if one["remaining"] > 0 and not set(over) & set(one["flags"])), None)


def _planned(link: Opened, order: dict[str, Any], wished: Wishes, kept: Kept) -> dict[str, Any]:
    asked = {
        "order_id": order["id"],
        "alternatives": RANKED,
        "possible": wished.windows(),
        "therapist": wished.therapist,
        "kept": kept,
    }
    found: dict[str, Any] = link.ask("booking", "/plans", "POST", asked)
    return found


def _proposal(
    link: Opened, clinic: dict[str, Any], order: dict[str, Any], plan: dict[str, Any], wished: Wishes, kept: Kept
) -> dict[str, Any]:
    names = ("start_at", "therapist", "room")
    visits = [{name: visit[name] for name in names} for visit in plan["visits"]]
    offer = {"order_id": order["id"], "visits": visits, "location": plan.get("location"), "after": len(order["series"])}
    return {
        "order": order,
        "often": _often(link.language, order["terms"]),
        "valid_until": date.fromisoformat(order["terms"]["valid_until"]),
        "visits": _with_others(link, clinic, plan, wished, kept),
        "offer": sealed(link, "book", **offer),
        "wished": wished,
        "parts": wishes.PARTS,
        "therapists": [one for one in plan.get("therapists", ()) if one["may_treat"]],
    }


def _often(language: str, terms: dict[str, Any]) -> str:
    times, days = terms["cadence_visits"], terms["cadence_days"]
    key = "every" if times == 1 and days != 7 else "days" if days != 7 else "week" if times == 1 else "weeks"
    return words.text(language, f"often.{key}", times=times, days=days)


def _with_others(
    link: Opened, clinic: dict[str, Any], plan: dict[str, Any], wished: Wishes, kept: Kept
) -> list[dict[str, Any]]:
    """Each visit with its other times: a link that shows the best series with the visit there."""
    return [
        {
            "now": place(clinic, visit["start_at"], visit["therapist"], visit["room"]),
            "chosen": str(number) in kept,
            "others": [
                (keeping.local(one), _other(clinic, visit, one), _address(link, wished, kept, number, one))
                for one in _few(visit, ranked)
            ],
        }
        for number, (visit, ranked) in enumerate(zip(plan["visits"], plan["alternatives"], strict=False), 1)
    ]


def _few(visit: Mapping[str, Any], ranked: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    other = [one for one in ranked if (one["date"], one["start"]) != (visit["date"], visit["start"])]
    return wishes.some(other, keeping.local, OTHERS)


def _other(clinic: dict[str, Any], visit: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    """With whom, where it is somebody else."""
    return "" if one["therapist"] == visit["therapist"] else therapist(clinic, one["therapist"])


def _address(link: Opened, wished: Wishes, kept: Kept, number: int, one: Mapping[str, Any]) -> str:
    said: dict[str, Any] = {"day": wished.days, "part": wished.parts, "therapist": wished.therapist}
    places = keeping.written(kept, number, one)
    return url_for("links.open_link", token=link.token, keep=places, lang=request.args.get("lang"), **said)


def _wished() -> Wishes:
    return wishes.read(request.args.getlist("day"), request.args.getlist("part"), request.args.get("therapist", ""))
