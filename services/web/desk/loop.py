"""Closing the loop: what is open, how long things take, who did not come, by referring practice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template

from services.chassis.asking import UpstreamError
from services.web.desk import figures
from services.web.desk.account import may, staff_only
from services.web.desk.acting import said, tell
from services.web.desk.asking import here, names
from services.web.desk.asking_referrals import ask
from services.web.desk.referrals import STAGES

blueprint = Blueprint("loop", __name__)

MOST = 12
"""Referrals with missed visits, and practices, that are shown at first."""


@blueprint.get("/loop")
@staff_only
def page() -> Any:
    asked = said("since", "until")
    try:
        missed, practices = _of_span(asked)
    except UpstreamError as error:
        tell(UpstreamError(error.status, error.code, error.message, error.facts.get("query", error.facts)))
        asked, (missed, practices) = {}, _of_span({})
    place = here()
    told = {"clinic": place.file, "here": place, "asked": asked, "missed": missed, "most": MOST}
    told |= {"stages": figures.stages(ask("/reports/open")), "labels": STAGES, "ages": figures.AGES}
    told |= {"practices": figures.practices(practices or []), "scale": figures.waits(practices or [])}
    patients = names(one["patient_id"] for one in missed["referrals"][:MOST])
    return render_template(
        "desk/loop.html", **told, names=patients, waits=figures.WAITS, fates=figures.FATES, lasted=figures.lasted
    )


def _of_span(asked: dict[str, str]) -> tuple[Any, Any]:
    """Who did not come, and what each practice sent: the latter for the desk."""
    query = f"?{urlencode(asked)}" if asked else ""
    return ask(f"/reports/no-shows{query}"), ask(f"/reports/practices{query}") if may("desk") else None
