"""How a patient or a physician is reached, as referrals know it; corrected at the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request

from services.chassis.asking import UpstreamError
from services.web.desk import destinations, lines
from services.web.desk.account import staff_only
from services.web.desk.acting import tell, version
from services.web.desk.asking import here, names
from services.web.desk.asking_referrals import ask
from services.web.desk.contact_form import PATIENT, PHYSICIAN, changes, filled, known
from services.web.desk.intake_form import IntakeForm
from services.web.desk.intake_inputs import Input

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
    return _corrected(f"/patients/{patient_id}", PATIENT, _patient_page)


@blueprint.get("/physicians/<uuid:physician_id>")
@staff_only
def physician(physician_id: UUID) -> Any:
    found = ask(f"/physicians/{physician_id}")
    return _physician_page(found, known(PHYSICIAN, found["contact"]))


@blueprint.post("/physicians/<uuid:physician_id>")
@staff_only
def correct_physician(physician_id: UUID) -> Any:
    return _corrected(f"/physicians/{physician_id}", PHYSICIAN, _physician_page)


def _corrected(path: str, inputs: Sequence[Input], page: Callable[[dict[str, Any], IntakeForm], str]) -> Any:
    """Back to the page, or the form with its mistakes. Only what its reader changed is sent, and only while it is as
    they saw it."""
    found, form = ask(path), filled(inputs, request.form)
    told = changes(inputs, found["contact"], form)
    try:
        if told:
            ask(f"{path}/contact", "PUT", told, version() or "none")
    except UpstreamError as error:
        if error.code == "invalid":
            return page(found, form.refused(error.facts)), 422
        tell(error)
    else:
        flash("Saved. It counts from now on." if told else "Nothing was changed.", "success")
    return redirect(request.path, 303)


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
