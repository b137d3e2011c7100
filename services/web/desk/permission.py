"""The physician's answer to whether massage is safe, entered beside the order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import offices_too
from services.web.desk.acting import tell
from services.web.desk.asking_referrals import ask, place
from services.web.desk.intake_form import IntakeForm, document_of, of_form, of_referral
from services.web.desk.intake_inputs import PERMISSION

blueprint = Blueprint("permission", __name__)

INPUTS = tuple(replace(one, needed=one.path == "permission.decision") for one in PERMISSION)


@blueprint.get("/referrals/<uuid:referral_id>/permission")
@offices_too
def page(referral_id: UUID) -> Any:
    known = ask(f"/{referral_id}")
    return _page(known, of_referral({**known, "kind": "permission"}))


@blueprint.post("/referrals/<uuid:referral_id>/permission")
@offices_too
def enter(referral_id: UUID) -> Any:
    """A newer answer takes the place of an older one."""
    form = of_form(request.form)
    said = document_of(IntakeForm(values=form.values), (("", PERMISSION),)).get("permission", {})
    try:
        ask(f"/{referral_id}/permission", "PUT", said)
    except UpstreamError as error:
        if error.code != "invalid":
            tell(error)
            return redirect(url_for("referrals.page", referral_id=referral_id), 303)
        return _page(ask(f"/{referral_id}"), form.refused({"permission": error.facts})), 422
    flash("The physician's answer is kept with the referral. The review sees it.", "success")
    return redirect(url_for("referrals.page", referral_id=referral_id), 303)


def _page(referral: dict[str, Any], form: IntakeForm) -> str:
    here = place()
    told = {"clinic": here and here.file, "here": here, "referral": referral, "form": form, "inputs": INPUTS}
    return render_template("desk/permission.html", **told)
