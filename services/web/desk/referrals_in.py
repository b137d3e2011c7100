"""A referral that is typed into a page: new, from paper, or completed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import offices_too
from services.web.desk.acting import tell
from services.web.desk.asking_referrals import ask, place
from services.web.desk.intake_form import IntakeForm, document_of, of_form, of_referral
from services.web.desk.intake_inputs import SECTIONS, to_complete

blueprint = Blueprint("referrals_in", __name__)


@blueprint.get("/referrals/new")
@offices_too
def new() -> Any:
    kind = request.args.get("kind", "referral")
    documents = request.args.getlist("document")
    return form_page(IntakeForm(kind if kind in SECTIONS else "referral"), documents=documents)


@blueprint.post("/referrals/new")
@offices_too
def take() -> Any:
    form = of_form(request.form)
    code, documents = request.form.get("code") or None, request.form.getlist("documents")
    said = {"kind": form.kind, **document_of(form, SECTIONS[form.kind])}
    try:
        body = {"referral": said, "code": code, "documents": documents}
        made = ask("/typed", "POST", body, key=request.form.get("key"))
    except UpstreamError as error:
        return _again(error, form, code=code or "", documents=documents)
    flash(_done(made), "success")
    return redirect(url_for("referrals.page", referral_id=made["id"]), 303)


@blueprint.get("/referrals/<uuid:referral_id>/complete")
@offices_too
def gaps(referral_id: UUID) -> Any:
    known = ask(f"/{referral_id}")
    kind = "permission" if "permission" in known["missing"] else known["kind"]
    return form_page(of_referral({**known, "kind": kind}), referral=known)


@blueprint.post("/referrals/<uuid:referral_id>/complete")
@offices_too
def complete(referral_id: UUID) -> Any:
    form, known = of_form(request.form), ask(f"/{referral_id}")
    try:
        made = ask(f"/{referral_id}", "PATCH", document_of(form, to_complete(form.kind)))
    except UpstreamError as error:
        return _again(error, form, referral=known)
    flash(_done(made), "success")
    return redirect(url_for("referrals.page", referral_id=referral_id), 303)


def form_page(form: IntakeForm, referral: Any = None, code: str = "", documents: Any = (), status: int = 200) -> Any:
    here = place()
    told = {
        "clinic": here and here.file,
        "here": here,
        "form": form,
        "sections": to_complete(form.kind) if referral else SECTIONS[form.kind],
        "against": ask("/contraindications"),
        "referral": referral,
        "code": code,
        "documents": documents,
        "key": uuid4(),
    }
    return render_template("desk/referral_form.html", **told), status


def _again(error: UpstreamError, form: IntakeForm, **more: Any) -> Any:
    """As it was filled in, with what is wrong."""
    if error.code == "idempotency_key_reused":
        flash(
            "This form was sent before, and its referral is kept. Send it again only if this is another one.", "danger"
        )
        return form_page(form, **more, status=409)
    if error.code != "invalid":
        tell(error)
        return form_page(form, **more, status=409)
    return form_page(form.refused(error.facts), **more, status=422)


def _done(made: dict[str, Any]) -> str:
    if made["missing"]:
        return f"Kept as {made['reference']}. What is missing is asked for."
    return f"Received as {made['reference']}. It waits for its review."
