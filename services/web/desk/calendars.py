"""Calendars that a therapist subscribes to, or that hang beside a room."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import tell, tried
from services.web.desk.asking import booking, here

blueprint = Blueprint("calendars", __name__)


@blueprint.get("/calendars")
@staff_only
def page() -> Any:
    return _shown(request.args.get("of", ""))


@blueprint.post("/calendars")
@staff_only
def make() -> Any:
    """Its address is shown on this one answer only: whoever knows it can read the calendar."""
    of = request.form.get("of", "")
    try:
        return _shown(of, booking("/feeds", "POST", _feed(of))["url"])
    except UpstreamError as error:
        tell(error)
        return redirect(url_for("calendars.page"), 303)


@blueprint.post("/calendars/<uuid:feed_id>/end")
@staff_only
def end(feed_id: UUID) -> Any:
    back = url_for("calendars.page", of=request.form.get("of", ""))
    done = "This calendar's address opens nothing any more."
    return tried(lambda: booking(f"/feeds/{feed_id}", "DELETE"), done, back)


def _shown(of: str, made: str = "") -> str:
    place = here()
    groups = (("Therapists", "therapist", place.therapists), ("Rooms", "room", place.rooms))
    known = {f"{kind}:{one['id']}": one["name"] for _, kind, some in groups for one in some}
    feeds = booking(f"/feeds?{urlencode(_feed(of))}") if of in known else []
    told = {"clinic": place.file, "here": place, "groups": groups, "of": of, "name": known.get(of, "")}
    return render_template("desk/calendars.html", **told, feeds=feeds, made=made)


def _feed(of: str) -> dict[str, str]:
    """`therapist:1`"""
    kind, _, number = of.partition(":")
    return {"kind": kind, "id": number}
