"""The visits of an order are booked: first proposed, the best that can be had, then booked exactly so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web import keeping
from services.web.desk import order_words
from services.web.desk.account import staff_only
from services.web.desk.acting import number, said, tell, windows
from services.web.desk.asking import booking, here, names
from services.web.desk.clinic import Here
from services.web.links.wishes import some

blueprint = Blueprint("planning", __name__)

WISHES = ("earliest", "latest", "visits", "therapist", "location", "begins", "ends")
LISTS = ("weekdays", "keep")
RANKED = 60
OTHERS = 8
"""Other times that are shown for each visit."""

Found = dict[str, Any]


@blueprint.get("/referrals/<uuid:referral_id>/book")
@staff_only
def proposed(referral_id: UUID) -> Any:
    """Nothing is booked yet. Wishes that booking refuses are said, and the plan without them shown."""
    place, order = here(), _order(referral_id)
    if order is None:
        flash("There is nothing to book: see how the order stands.", "warning")
        return redirect(url_for("orders.page", referral_id=referral_id))
    goes_on = _standing(order)
    try:
        plan = booking("/plans", "POST", {"order_id": order["id"], **_wishes(place, goes_on)})
    except UpstreamError as error:
        tell(error)
        wished = any(request.args.getlist(name) != [""] for name in request.args)
        back = "planning.proposed" if wished and error.status == 422 else "orders.page"
        return redirect(url_for(back, referral_id=referral_id))
    told = {"clinic": place.file, "here": place, "referral_id": referral_id, "order": order, "plan": plan}
    return render_template(
        "desk/plan.html", **told,
        patient=names([order["patient_id"]]).get(order["patient_id"], "Patient"),
        goes_on=goes_on, visits=_visits(place, plan, referral_id), sent=_as_sent(order, plan, goes_on), key=uuid4(),
        asked=request.args, days=request.args.getlist("weekdays"), say=order_words, again=_again(referral_id),
    )  # fmt: skip


@blueprint.post("/referrals/<uuid:referral_id>/book")
@staff_only
def book(referral_id: UUID) -> Any:
    """Exactly what the page proposed. Sent twice, it is booked once."""
    series_id, wanted = _sent()
    path = f"/series/{series_id}/visits" if series_id else "/series"
    try:
        made = booking(path, "POST", wanted, key=request.form.get("key") or None)
    except UpstreamError as error:
        if error.code != "slot_taken":
            tell(error)
        else:
            said_ = "Somebody took one of these times meanwhile, so nothing was booked. This is the best as of now."
            flash(said_, "danger")
        return redirect(_again(referral_id)({"keep": []}), 303)
    flash("Booked. The patient is told.", "success")
    return redirect(url_for("series.page", series_id=made["series_id"]), 303)


def _order(referral_id: UUID) -> Found | None:
    """The newest that still authorises something."""
    orders = booking(f"/orders?referral_id={referral_id}")
    return next((one for one in orders if order_words.can_be_booked(one)), None)


def _standing(order: Found) -> Found | None:
    """The series that more visits go into: the newest, unless it was called off as a whole."""
    if not order["series"]:
        return None
    newest: Found = booking(f"/series/{order['series'][-1]}")
    return None if newest["cancelled_at"] else newest


def _wishes(place: Here, goes_on: Found | None) -> Found:
    wish: Found = {**said("earliest", "latest"), "alternatives": RANKED, "possible": windows()}
    wish |= {name: value for name in ("visits", "therapist") if (value := number(request.args.get(name))) is not None}
    where = place.location((goes_on["sessions"][0]["room"] or {}).get("id")) if goes_on else None
    if (where := where or number(request.args.get("location"))) is not None:
        wish["location"] = where
    return wish | {"kept": keeping.read(request.args.getlist("keep"))}


def _visits(place: Here, plan: Found, referral_id: UUID) -> list[Found]:
    """Each visit, and its other times: a link that shows the best series with the visit there."""
    kept, again = keeping.read(request.args.getlist("keep")), _again(referral_id)
    return [
        {
            "place": visit,
            "unchosen": again({"keep": keeping.without(kept, at)}) if str(at) in kept else None,
            "others": [(one, again({"keep": keeping.written(kept, at, one)})) for one in _few(visit, ranked)],
        }
        for at, (visit, ranked) in enumerate(zip(plan["visits"], plan["alternatives"], strict=False), 1)
    ]


def _few(visit: Found, ranked: list[Found]) -> list[Found]:
    others = [one for one in ranked if (one["date"], one["start"]) != (visit["date"], visit["start"])]
    return some(others, keeping.local, OTHERS)


def _again(referral_id: UUID) -> Any:
    """The address of the proposal with the wishes of this one, but for those given."""
    page = url_for("planning.proposed", referral_id=referral_id)
    asked: Found = {**said(*WISHES), **{name: request.values.getlist(name) for name in LISTS}}
    return lambda other: f"{page}?{urlencode({**asked, **other}, doseq=True)}"


def _as_sent(order: Found, plan: Found, goes_on: Found | None) -> str:
    visits = [{name: one[name] for name in ("start_at", "therapist", "room")} for one in plan["visits"]]
    wanted: Found = {"visits": visits}
    if goes_on is None:
        wanted |= {"order_id": order["id"], "location": plan["location"], "alternatives": False}
    return json.dumps([goes_on and goes_on["series_id"], wanted])


def _sent() -> tuple[UUID | None, Any]:
    try:
        series_id, wanted = json.loads(request.form.get("plan", ""))
        return series_id and UUID(series_id), wanted
    except (ValueError, TypeError, AttributeError):
        abort(400)
