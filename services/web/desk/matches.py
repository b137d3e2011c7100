"""Records that may be of one person: compared, made one, kept apart, and taken back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for

from services.web.desk import pairs
from services.web.desk.account import staff_only
from services.web.desk.acting import said, tried
from services.web.desk.asking import here
from services.web.desk.asking_referrals import ask

blueprint = Blueprint("matches", __name__)

VERDICTS = {"open": "To decide", "merged": "One person", "apart": "Two people"}
MOST = 200


@blueprint.get("/same-patients")
@staff_only
def page() -> Any:
    verdict = request.args.get("verdict", "open")
    verdict = verdict if verdict in VERDICTS else "open"
    found = ask(f"/patients/matches?verdict={verdict}&limit={MOST}")
    of = str(request.args.get("referral", type=UUID) or "")
    shown = [one for one in found if of in ("", one["referral_id"])]
    for one in shown:
        sides = (one["known"]["contact"], one["newer"]["contact"])
        one["rows"] = pairs.rows(*sides, one["reasons"])
        one["outcomes"] = {"known": pairs.outcome(*sides), "newer": pairs.outcome(*reversed(sides))}
    place = here()
    told = {"clinic": place.file, "here": place, "verdicts": VERDICTS, "verdict": verdict, "of": of, "most": MOST}
    return render_template("desk/matches.html", **told, matches=shown, all_of_them=len(found))


@blueprint.post("/same-patients/one")
@staff_only
def merge() -> Any:
    known, newer = request.form.get("known", ""), request.form.get("newer", "")
    keep, other = (newer, known) if request.form.get("keep") == "newer" else (known, newer)
    sides = {"keep_id": keep, "other_id": other}
    return tried(lambda: ask("/patients/merge", "POST", sides), "They are one person now.", _back())


@blueprint.post("/same-patients/<uuid:match_id>/two")
@staff_only
def apart(match_id: UUID) -> Any:
    done = "They stay two people. Nobody asks about them again."
    return tried(lambda: ask(f"/patients/matches/{match_id}/apart", "POST"), done, _back())


@blueprint.post("/same-patients/undo")
@staff_only
def unmerge() -> Any:
    """Whichever of the two was merged stands for itself again."""
    newer, known = (request.form.get(name, type=UUID) or abort(400) for name in ("newer", "known"))
    return tried(lambda: _unmerge(newer, known), "They are two people again.", _back())


@blueprint.post("/patients/<uuid:patient_id>/alone")
@staff_only
def alone(patient_id: UUID) -> Any:
    """From the page of the person that counts for this record, or of the record itself."""
    back = url_for("contacts.patient", patient_id=request.form.get("of", patient_id, UUID))
    one = {"patient_id": str(patient_id)}
    return tried(lambda: ask("/patients/unmerge", "POST", one), "They are two people again.", back)


def _unmerge(newer: UUID, known: UUID) -> Any:
    merged = newer if ask(f"/patients/{newer}")["merged_into"] else known
    return ask("/patients/unmerge", "POST", {"patient_id": str(merged)})


def _back() -> str:
    """To those that are still to be decided, of the same referral."""
    asked: dict[str, Any] = said("verdict", "referral")
    return url_for("matches.page", **asked)
