"""What a referral authorises: its visits used, booked and left, its series, and visits that it covers no more."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.web.desk import order_words
from services.web.desk.account import staff_only
from services.web.desk.acting import place_of, tried
from services.web.desk.asking import booking, here, names

blueprint = Blueprint("orders", __name__)


@blueprint.get("/referrals/<uuid:referral_id>/visits")
@staff_only
def page(referral_id: UUID) -> Any:
    place, orders = here(), booking(f"/orders?referral_id={referral_id}")
    told: dict[str, Any] = {"clinic": place.file, "here": place, "referral_id": referral_id, "order": None}
    if orders:
        order = orders[0]
        told |= {
            "order": order,
            "patient": names([order["patient_id"]]).get(order["patient_id"], "Patient"),
            "forecast": booking(f"/orders/{order['id']}/forecast") if order_words.can_be_booked(order) else None,
            "uncovered": booking(f"/orders/{order['id']}/coverage")["uncovered"],
        }
    return render_template("desk/orders.html", **told, say=order_words)


@blueprint.post("/referrals/<uuid:referral_id>/visits/settle")
@staff_only
def settle(referral_id: UUID) -> Any:
    """What was chosen for each visit that the order does not cover: nothing, to cancel it, or a place to move it to."""
    chosen = [(visit, request.form.get(f"do-{visit}", "")) for visit in request.form.getlist("visits")]
    moves = [{"session_id": visit, **place_of(do)} for visit, do in chosen if "|" in do]
    cancelled = [visit for visit, do in chosen if do == "cancel"]
    back = url_for("orders.page", referral_id=referral_id)
    if not moves and not cancelled:
        flash("Nothing was chosen, so nothing was done.", "warning")
        return redirect(back, 303)
    path = f"/orders/{request.form.get('order_id', type=UUID)}/coverage/settle"
    wanted = {"cancel": cancelled, "move": moves}
    return tried(lambda: booking(path, "POST", wanted), "Done. The patient is told.", back)
