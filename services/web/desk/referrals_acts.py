"""What is done with a referral: reviewed, asked about, ended; documents are added."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for

from services.web.desk.account import offices_too, staff_only
from services.web.desk.acting import number, said, tried, version
from services.web.desk.asking_referrals import ask, chosen_file, upload
from services.web.desk.intake_form import IntakeForm, document_of, of_form, of_referral
from services.web.desk.intake_inputs import DATES, ORDER

blueprint = Blueprint("referrals_acts", __name__)

_AMENDED = ("visits", "frequency.visits", "frequency.per_days", "session_minutes", "valid_until", "pressure_ceiling")
AMENDED = tuple(
    replace(one, wide=6, hint="" if one.kind == "date" else one.hint)
    for one in (*ORDER, *DATES)
    if one.path in _AMENDED
)
"""What a physician changes of an order that was accepted."""


@blueprint.post("/referrals/<uuid:referral_id>/accept")
@staff_only
def accept(referral_id: UUID) -> Any:
    review = {
        **{name: number(request.form.get(name)) for name in ("pressure_ceiling", "visits", "session_minutes")},
        **{name: request.form.getlist(name) for name in ("contraindications", "resolved", "despite")},
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


@blueprint.post("/referrals/<uuid:referral_id>/amend")
@staff_only
def amend(referral_id: UUID) -> Any:
    """What differs from what is known; the page of the order shows what follows from it."""
    form, seen = of_form(request.form), version()
    known = of_referral(ask(f"/{referral_id}"))
    changed = {path: text for path, text in form.values.items() if text != known.values.get(path)}
    if not changed:
        flash("Nothing was changed.", "success")
        return redirect(_page(referral_id), 303)
    if any(path.startswith("frequency.") for path in changed):
        changed |= {path: text for path, text in form.values.items() if path.startswith("frequency.")}
    said = document_of(IntakeForm(values=changed), (("", AMENDED),))
    done = "The order is changed as the physician said. What is booked stays as it is until somebody decides."
    back = url_for("orders.page", referral_id=referral_id)
    return tried(lambda: ask(f"/{referral_id}/amend", "POST", said, seen), done, back)


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
    return tried(lambda: ask(f"/{referral_id}/{path}", "POST", json, version()), done, _page(referral_id))


def _page(referral_id: UUID) -> str:
    return url_for("referrals.page", referral_id=referral_id)
