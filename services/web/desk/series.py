"""One series: its visits, its ledger, what follows from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, render_template, request, url_for

from services.care.recommend import FOLLOW_UPS
from services.web.desk.account import may, staff_only
from services.web.desk.acting import chosen_place, said, tried
from services.web.desk.asking import booking, here, names, services
from services.web.desk.taken import times_taken

blueprint = Blueprint("series", __name__)


@blueprint.get("/series/<uuid:series_id>")
@staff_only
def page(series_id: UUID) -> Any:
    return _shown(series_id)


@blueprint.get("/series/<uuid:series_id>/report.pdf")
@staff_only
def report(series_id: UUID) -> Any:
    found = services().fetch(g.caller, "booking", f"/series/{series_id}/report.pdf")
    answer = Response(found.data, content_type="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename="report.pdf")
    return answer


@blueprint.post("/series/<uuid:series_id>/recommendation")
@staff_only
def sign(series_id: UUID) -> Any:
    signing = said("follow_up", "recommendation")
    return tried(lambda: booking(f"/series/{series_id}/recommendation", "POST", signing), "Signed.", _page(series_id))


@blueprint.post("/series/<uuid:series_id>/visits")
@staff_only
def add(series_id: UUID) -> Any:
    """One more visit, at a time that was offered; a form sent twice books once."""
    more, key = {"visits": [chosen_place()]}, request.form.get("key", "")
    return tried(
        lambda: booking(f"/series/{series_id}/visits", "POST", more, key=key),
        "Booked. The patient is told.",
        _page(series_id),
        lambda refused: times_taken(str(series_id), refused, move=False),
    )


@blueprint.post("/series/<uuid:series_id>/calendar")
@staff_only
def make_calendar(series_id: UUID) -> Any:
    """Shown on this one answer only: whoever knows its address can read the calendar."""
    patient = booking(f"/series/{series_id}")["patient_id"]
    return _shown(series_id, booking("/feeds", "POST", {"kind": "patient", "id": patient})["url"])


@blueprint.post("/series/<uuid:series_id>/calendar/<uuid:feed_id>/end")
@staff_only
def end_calendar(series_id: UUID, feed_id: UUID) -> Any:
    done = "This calendar's address opens nothing any more."
    return tried(lambda: booking(f"/feeds/{feed_id}", "DELETE"), done, _page(series_id))


def _shown(series_id: UUID, calendar: str = "") -> str:
    place, series = here(), booking(f"/series/{series_id}")
    patient = series["patient_id"]
    return render_template(
        "desk/series.html",
        clinic=place.file,
        here=place,
        series=series,
        visits=sorted((place.visit(one) for one in series["sessions"]), key=lambda one: one.start),
        patient=names([patient]).get(patient, "Patient"),
        advice=booking(f"/series/{series_id}/recommendation") if may("therapist") else None,
        feeds=booking(f"/feeds?kind=patient&id={patient}") if may("desk") else [],
        calendar=calendar,
        follow_ups=FOLLOW_UPS,
    )


def _page(series_id: UUID) -> str:
    return url_for("series.page", series_id=series_id)
