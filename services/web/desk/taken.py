"""The page where somebody else has the time: what could be had instead, each as a button."""

from __future__ import annotations

from uuid import uuid4

from flask import render_template

from services.chassis.asking import UpstreamError
from services.web.desk.asking import booking, here


def times_taken(series_id: str, refused: UpstreamError, *, move: bool) -> tuple[str, int]:
    """`move`: the visits go there; else one more visit is booked there."""
    place, series = here(), booking(f"/series/{series_id}")
    visits = {one["id"]: place.visit(one) for one in series["sessions"]}
    told = {"clinic": place.file, "here": place, "series": series, "visits": visits, "key": uuid4()}
    return render_template("desk/taken.html", **told, taken=refused.facts.get("alternatives", ()), move=move), 409
