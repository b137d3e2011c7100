"""When anybody is free: for whoever is asked at the telephone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from services.chassis.asking import UpstreamError
from services.web.desk import stretches
from services.web.desk.account import staff_only
from services.web.desk.acting import said, tell
from services.web.desk.asking import booking, here

blueprint = Blueprint("free", __name__)

MINUTES = ("15", "30", "45", "60")
USUAL = "30"
AHEAD = timedelta(days=6)


@blueprint.get("/free")
@staff_only
def page() -> Any:
    """A week from today, unless it is asked otherwise."""
    place = here()
    asked = {"minutes": USUAL, **said("from", "to", "minutes", "therapist", "location")}
    asked.setdefault("from", place.local_now.date().isoformat())
    asked.setdefault("to", _after(asked["from"]))
    if request.args.get("home"):
        asked["home"] = "true"
    try:
        found = booking(f"/slots?{urlencode(asked)}")
    except UpstreamError as error:
        tell(UpstreamError(error.status, error.code, error.message, error.facts.get("query", error.facts)))
        found = None
    told = {"clinic": place.file, "here": place, "asked": asked, "lengths": MINUTES}
    return render_template("desk/free.html", **told, days=found and stretches.of_days(found["days"], found["minutes"]))


def _after(first: str) -> str:
    try:
        return (date.fromisoformat(first) + AHEAD).isoformat()
    except (ValueError, OverflowError):
        return first
