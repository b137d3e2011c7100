"""What is done with a referral: reviewed, asked about, ended; documents are added."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for

from services.web.desk.account import offices_too, staff_only
from services.web.desk.acting import number, said, tried
from services.web.desk.asking_referrals import ask, chosen_file, upload

blueprint = Blueprint("referrals_acts", __name__)


@blueprint.post("/referrals/<uuid:referral_id>/accept")
@staff_only
def accept(referral_id: UUID) -> Any:
    review = {
        "pressure_ceiling": number(request.form.get("pressure_ceiling")),
        "contraindications": request.form.getlist("contraindications"),
        "resolved": request.form.getlist("resolved"),
    }
    return _do(referral_id, "accept", "Accepted. It can be booked now.", review)


@blueprint.post("/referrals/<uuid:referral_id>/decline")
@staff_only
def decline(referral_id: UUID) -> Any:
    return _do(referral_id, "decline", "Declined. The physician is told.", {"reason": request.form.get("reason", "")})


@blueprint.post("/referrals/<uuid:referral_id>/close")
@staff_only
def close(referral_id: UUID) -> Any:
    return _do(referral_id, "close", "Closed.", said("reason"))


@blueprint.post("/referrals/<uuid:referral_id>/ask")
@staff_only
def ask_for(referral_id: UUID) -> Any:
    names = request.form.getlist("names")
    return _do(referral_id, "ask", "It waits until this is told.", {"names": names})


SIMPLE = {
    "start": ("review/start", "You review it now."),
    "reopen": ("reopen", "The decline is undone."),
    "contacted": ("contacted", "Noted: somebody spoke with the patient."),
    "withdraw": ("withdraw", "Withdrawn. What is booked is cancelled."),
}


@blueprint.post("/referrals/<uuid:referral_id>/<any(start, reopen, contacted, withdraw):act>")
@staff_only
def simply(referral_id: UUID, act: str) -> Any:
    path, done = SIMPLE[act]
    return _do(referral_id, path, done)


@blueprint.post("/referrals/<uuid:referral_id>/cancellation")
@offices_too
def ask_to_cancel(referral_id: UUID) -> Any:
    """For a physician's office: the practice decides."""
    done = "The practice is asked to cancel it."
    return tried(lambda: ask(f"/{referral_id}/cancellation", "POST"), done, _page(referral_id))


@blueprint.post("/referrals/<uuid:referral_id>/keep-on")
@staff_only
def keep_on(referral_id: UUID) -> Any:
    """The office's wish to cancel is taken back."""
    done = "It goes on. Nobody waits for a cancellation any more."
    return tried(lambda: ask(f"/{referral_id}/cancellation", "DELETE"), done, _page(referral_id))


@blueprint.post("/referrals/<uuid:referral_id>/documents")
@offices_too
def attach(referral_id: UUID) -> Any:
    return tried(
        lambda: upload(f"/{referral_id}/documents", chosen_file()), "The document is kept with it.", _page(referral_id)
    )


def _do(referral_id: UUID, path: str, done: str, json: Any = None) -> Any:
    return tried(lambda: ask(f"/{referral_id}/{path}", "POST", json), done, _page(referral_id))


def _page(referral_id: UUID) -> str:
    return url_for("referrals.page", referral_id=referral_id)
