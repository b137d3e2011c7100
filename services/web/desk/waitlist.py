"""Who waits for another time, and what they are offered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import number, said, tell, tried, windows
from services.web.desk.asking import booking, here, names

blueprint = Blueprint("waitlist", __name__)

_ENDED = {
    "accepted": ("The patient has this time now.", "success"),
    "declined": ("Declined. It is offered to the next.", "success"),
    "lapsed": ("The offer was over already: its deadline had passed.", "danger"),
    "taken": ("Somebody else has this time by now. The patient keeps waiting.", "danger"),
}


@blueprint.get("/waitlist")
@staff_only
def page() -> Any:
    place, waiting = here(), booking("/waitlist")
    patients = names(each["patient_id"] for each in waiting)
    return render_template("desk/waitlist.html", clinic=place.file, here=place, waiting=waiting, names=patients)


@blueprint.post("/waitlist")
@staff_only
def add() -> Any:
    """For an earlier time of a visit, or for one more visit of its order."""
    wish: dict[str, Any] = said("order_id", "session_id", "first_on", "last_on")
    wish["therapist"] = number(request.form.get("therapist"))
    if possible := windows():
        wish["possible"] = possible
    done = "On the waitlist: an offer goes out as soon as something better is free."
    return tried(lambda: booking("/waitlist", "POST", wish), done, url_for("waitlist.page"))


@blueprint.post("/waitlist/<uuid:waiting_id>/remove")
@staff_only
def remove(waiting_id: UUID) -> Any:
    return tried(lambda: booking(f"/waitlist/{waiting_id}", "DELETE"), "Removed.", url_for("waitlist.page"))


@blueprint.post("/offers/<uuid:offer_id>/<any(accept, decline):answer>")
@staff_only
def answer(offer_id: UUID, answer: str) -> Any:
    """On the patient's behalf."""
    try:
        ended = booking(f"/offers/{offer_id}/{answer}", "POST")["status"]
    except UpstreamError as error:
        tell(error)
    else:
        flash(*_ENDED.get(ended, (f"The offer is {ended}.", "success")))
    return redirect(url_for("waitlist.page"), 303)
