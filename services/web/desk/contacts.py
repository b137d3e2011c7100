"""How a patient or a physician is reached, as referrals know it; corrected at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk import destinations, lines
from services.web.desk.account import staff_only
from services.web.desk.acting import tell
from services.web.desk.asking import here, names
from services.web.desk.asking_referrals import ask
from services.web.desk.contact_form import PATIENT, PHYSICIAN, changes, filled, known
from services.web.desk.intake_form import Input, IntakeForm
from services.web.desk.refused import sentence

blueprint = Blueprint("contacts", __name__)

LISTED = 200


@blueprint.get("/patients/<uuid:patient_id>")
@staff_only
def patient(patient_id: UUID) -> Any:
    found = ask(f"/patients/{patient_id}")
    return _patient_page(found, known(PATIENT, found["contact"]))


@blueprint.post("/patients/<uuid:patient_id>")
@staff_only
def correct_patient(patient_id: UUID) -> Any:
    found = ask(f"/patients/{patient_id}")
    refused = _corrected(f"/patients/{patient_id}/contact", found, PATIENT)
    if refused is None:
        return redirect(url_for("contacts.patient", patient_id=patient_id), 303)
    return _patient_page(found, refused), 422


@blueprint.get("/physicians/<uuid:physician_id>")
@staff_only
def physician(physician_id: UUID) -> Any:
    found = ask(f"/physicians/{physician_id}")
    return _physician_page(found, known(PHYSICIAN, found["contact"]))


@blueprint.post("/physicians/<uuid:physician_id>")
@staff_only
def correct_physician(physician_id: UUID) -> Any:
    found = ask(f"/physicians/{physician_id}")
    refused = _corrected(f"/physicians/{physician_id}/contact", found, PHYSICIAN)
    if refused is None:
        return redirect(url_for("contacts.physician", physician_id=physician_id), 303)
    return _physician_page(found, refused), 422


def _corrected(path: str, found: dict[str, Any], inputs: Sequence[Input]) -> IntakeForm | None:
    """None when there is nothing more to say; else the form with its mistakes.

    Only what the page's reader changed is sent, so that a page that stood open for long undoes nothing.
    """
    form = filled(inputs, request.form)
    if request.form.get("version") != str(found["version"]):
        flash(sentence("stale_version", "", {}), "danger")
        return None
    told = changes(inputs, found["contact"], form)
    try:
        if told:
            ask(path, "PUT", told)
    except UpstreamError as error:
        if error.code != "invalid":
            tell(error)
            return None
        return form.refused(error.facts)
    flash("Saved. It counts from now on." if told else "Nothing was changed.", "success")
    return None


def _patient_page(found: dict[str, Any], form: IntakeForm) -> str:
    place, theirs = here(), set(found["referral_ids"])
    referrals = [one for one in ask(f"?limit={LISTED}") if one["id"] in theirs] if theirs else []
    others = [*found["counts_for"], *([found["merged_into"]] if found["merged_into"] else [])]
    told = {"clinic": place.file, "here": place, "patient": found, "form": form, "inputs": PATIENT}
    return render_template(
        "desk/patient.html", **told, referrals=referrals, names=names(others) if others else {}, source=lines.source
    )


def _physician_page(found: dict[str, Any], form: IntakeForm) -> str:
    place = here()
    told = {"clinic": place.file, "here": place, "physician": found, "form": form, "inputs": PHYSICIAN}
    return render_template("desk/physician.html", **told, way=destinations.way(found["contact"]))
