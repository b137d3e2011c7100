"""Contacts of known physicians that came with referrals: the old beside the new, and who sent it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, render_template, request, url_for

from services.web import tokens
from services.web.desk import destinations
from services.web.desk.account import staff_only
from services.web.desk.acting import said, tried
from services.web.desk.asking import here
from services.web.desk.asking_referrals import ask

blueprint = Blueprint("proposals", __name__)

DECISIONS = {"open": "To decide", "confirmed": "Confirmed", "refused": "Refused"}
DONE = {
    "confirm": "Confirmed: it is used from now on.",
    "refuse": "Refused: what was known stays, and the same is not asked again.",
}
MOST = 200


@blueprint.get("/physician-contacts")
@staff_only
def page() -> Any:
    decision = request.args.get("decision", "open")
    decision = decision if decision in DECISIONS else "open"
    found = ask(f"/physicians/proposals?decision={decision}&limit={MOST}")
    of = str(request.args.get("referral", type=UUID) or "")
    shown = [one for one in found if of in ("", one["referral_id"])]
    for one in shown:
        sides = (one["physician"]["contact"], one["proposed"])
        one["rows"], one["consequence"] = destinations.rows(*sides), destinations.consequence(*sides)
    place = here()
    told = {"clinic": place.file, "here": place, "decisions": DECISIONS, "decision": decision, "of": of, "most": MOST}
    sent_by = _labels() if shown else {}
    return render_template(
        "desk/proposals.html", **told, proposals=shown, all_of_them=len(found), sent_by=sent_by,
        way=destinations.way,
    )  # fmt: skip


@blueprint.post("/physician-contacts/<uuid:proposal_id>/<any(confirm, refuse):answer>")
@staff_only
def decide(proposal_id: UUID, answer: str) -> Any:
    asked: dict[str, Any] = said("referral")
    back = url_for("proposals.page", **asked)
    return tried(lambda: ask(f"/physicians/proposals/{proposal_id}/{answer}", "POST"), DONE[answer], back)


def _labels() -> dict[str, str]:
    """Whose API token it was, by the name under which referrals keeps it."""
    with current_app.extensions["sessions"].begin() as session:
        return _named(tokens.every(session))


def _named(every: Iterable[tokens.Token]) -> dict[str, str]:
    return {f"token:{one.id}": one.label for one in every}
