"""Referrals: the list by stage, and one with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from services.chassis.asking import UpstreamError
from services.web.desk.account import is_staff, may, offices_too, staff_only
from services.web.desk.asked import askable
from services.web.desk.asking_referrals import ask, fetch, named, place
from services.web.desk.finding import is_meant
from services.web.desk.intake_form import of_referral
from services.web.desk.intake_inputs import PRESSURES, SECTIONS
from services.web.desk.referrals_acts import AMENDED

blueprint = Blueprint("referrals", __name__)

STAGES = {
    "": "All",
    "received": "Received",
    "needs_information": "Lacks something",
    "in_review": "In review",
    "accepted": "Accepted",
    "active": "Active",
    "completed": "Completed",
    "declined": "Declined",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
    "closed": "Closed",
}
REASONS = ("patient_unreachable", "patient_declined", "treated_elsewhere", "duplicate", "entered_in_error", "finished")
REVIEWED_NEXT = ("received", "needs_information", "in_review")
FOLLOWED = ("accepted", "active", "completed")
MOST = 200


@blueprint.get("/referrals")
@offices_too
def listed() -> Any:
    stage = request.args.get("status", "")
    return _listed(stage if stage in STAGES else "")


@blueprint.post("/referrals/find")
@staff_only
def find() -> Any:
    """By a patient's name or the reference; it travels in the body, so that no name is in an address."""
    return _listed(typed=request.form.get("typed", "").strip()[:100])


def _listed(stage: str = "", typed: str = "") -> str:
    found = ask(f"?limit={MOST}{f'&status={stage}' if stage else ''}")
    here, now = place(), datetime.now(UTC)
    now = here.now if here else now
    for one in found:
        one["days"] = (now - datetime.fromisoformat(one["received_at"])).days
    told = {"clinic": here and here.file, "here": here, "stages": STAGES, "stage": stage, "most": MOST, "typed": typed}
    waiting = ask("/documents") if is_staff() and may("desk") else []
    for one in waiting:
        one["days"] = (now - datetime.fromisoformat(one["received_at"])).days
    patients = named([one["patient_id"] for one in found])
    read = len(found)
    if typed:
        found = [one for one in found if is_meant(typed, patients.get(one["patient_id"], ""), one["reference"])]
    return render_template("desk/referrals.html", **told, read=read, referrals=found, names=patients, waiting=waiting)


@blueprint.get("/referrals/<uuid:referral_id>")
@offices_too
def page(referral_id: UUID) -> Any:
    found, here = ask(f"/{referral_id}"), place()
    form = of_referral({**found, "kind": "permission"})
    told = {
        "referral": found,
        "form": form,
        "sections": SECTIONS["permission"],
        "documents": ask(f"/{referral_id}/documents"),
        "versions": ask(f"/{referral_id}/versions"),
        "findings": _if_allowed("therapist", lambda: ask(f"/{referral_id}/findings")),
        "asks": askable(form, found["missing"]) if found["status"] in REVIEWED_NEXT and is_staff() else (),
        "amends": AMENDED if found["status"] in FOLLOWED and is_staff() else (),
        "against": {one["code"]: one for one in ask("/contraindications")},
    }
    return render_template(
        "desk/referral.html", clinic=here and here.file, here=here, pressures=PRESSURES, reasons=REASONS, **told
    )


@blueprint.get("/documents/<uuid:document_id>")
@staff_only
def document(document_id: UUID) -> Any:
    """To be saved: a file that came from outside is never shown as a page of ours."""
    answer = fetch(f"/documents/{document_id}")
    passed = ("Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy")
    headers = {name: answer.headers[name] for name in passed if name in answer.headers}
    return Response(answer.data, headers=headers)


def _if_allowed(role: str, asked: Callable[[], Any]) -> Any:
    if not may(role):
        return None
    try:
        return asked()
    except UpstreamError as error:
        if error.status >= 500:
            raise
        return None
