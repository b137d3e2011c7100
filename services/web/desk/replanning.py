"""The rest of a series is planned anew: first shown, then done exactly so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import number, said, tell, tried
from services.web.desk.asking import booking, here

blueprint = Blueprint("replanning", __name__)

WISHES = ("from", "earliest", "latest")


@blueprint.get("/series/<uuid:series_id>/replan")
@staff_only
def proposed(series_id: UUID) -> Any:
    """What would change; nothing does."""
    asked: dict[str, Any] = {**said(*WISHES)}
    asked |= {name: number(request.args.get(name)) for name in ("therapist", "without_therapist")}
    try:
        proposal = booking(f"/series/{series_id}/replan", "POST", asked)
    except UpstreamError as error:
        tell(error)
        return redirect(url_for("series.page", series_id=series_id))
    place = here()
    told = {"clinic": place.file, "here": place, "series_id": series_id, "proposal": proposal}
    return render_template("desk/replan.html", **told, moves=_as_sent(proposal), asked=request.args)


@blueprint.post("/series/<uuid:series_id>/replan")
@staff_only
def apply(series_id: UUID) -> Any:
    """Where one of the times was taken meanwhile, the page shows the best proposal as of now."""

    def taken(_: UpstreamError) -> Any:
        flash("Somebody took one of these times meanwhile, so nothing was moved. This is the best as of now.", "danger")
        return redirect(f"{url_for('replanning.proposed', series_id=series_id)}?{urlencode(said(*WISHES))}", 303)

    wanted = {"moves": _sent()}
    return tried(
        lambda: booking(f"/series/{series_id}/replan/apply", "POST", wanted),
        "Moved as proposed. The patient is told.",
        url_for("series.page", series_id=series_id),
        taken,
    )


def _as_sent(proposal: dict[str, Any]) -> str:
    return json.dumps([{"session_id": move["session_id"], "to": move["to"]} for move in proposal["moves"]])


def _sent() -> Any:
    try:
        return json.loads(request.form.get("moves", ""))
    except ValueError:
        abort(400)
