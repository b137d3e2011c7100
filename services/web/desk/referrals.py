"""Referrals: the list by stage, and one with everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request

from services.chassis.asking import UpstreamError
from services.web.desk.account import is_staff, may, offices_too, staff_only
from services.web.desk.asking_referrals import ask, fetch, named, place
from services.web.desk.intake_form import PRESSURES, SECTIONS, of_referral

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
MOST = 200


@blueprint.get("/referrals")
@offices_too
def listed() -> Any:
    stage = request.args.get("status", "")
    stage = stage if stage in STAGES else ""
    found = ask(f"?limit={MOST}{f'&status={stage}' if stage else ''}")
    here, now = place(), datetime.now(UTC)
    now = here.now if here else now
    for one in found:
        one["days"] = (now - datetime.fromisoformat(one["received_at"])).days
    told = {"clinic": here and here.file, "here": here, "stages": STAGES, "stage": stage, "most": MOST}
    patients = named([one["patient_id"] for one in found])
    waiting = ask("/documents") if is_staff() and may("desk") else []
    return render_template("desk/referrals.html", **told, referrals=found, names=patients, waiting=waiting)


@blueprint.get("/referrals/<uuid:referral_id>")
@offices_too
def page(referral_id: UUID) -> Any:
    found, here = ask(f"/{referral_id}"), place()
    told = {
        "referral": found,
        "form": of_referral(found),
        "sections": SECTIONS[found["kind"]],
        "documents": ask(f"/{referral_id}/documents"),
        "versions": ask(f"/{referral_id}/versions"),
        "findings": _if_allowed("therapist", lambda: ask(f"/{referral_id}/findings")),
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
