"""A therapist notes what was done, or corrects it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import staff_only
from services.web.desk.acting import tell, version
from services.web.desk.asking import booking
from services.web.desk.note_form import of_form
from services.web.desk.refused import sentence
from services.web.desk.visit import shown

blueprint = Blueprint("noting", __name__)


@blueprint.post("/visit/<uuid:visit_id>/note")
@staff_only
def complete(visit_id: UUID) -> Any:
    """The visit took place."""
    return _write(visit_id, "POST", "complete", "The visit is completed and noted.")


@blueprint.post("/visit/<uuid:visit_id>/note/correct")
@staff_only
def correct(visit_id: UUID) -> Any:
    return _write(visit_id, "PUT", "note", "The note is corrected; the earlier one is kept.")


def _write(visit_id: UUID, method: str, act: str, done: str) -> Any:
    form = of_form(request.form)
    try:
        booking(f"/sessions/{visit_id}/{act}", method, form.to_json(), version())
    except UpstreamError as error:
        if error.status not in (409, 412, 422):
            tell(error)
            return redirect(url_for("visit.page", visit_id=visit_id), 303)
        mistake = sentence(error.code, error.message, {} if error.status == 422 else error.facts)
        return shown(visit_id, form.refused(error.code, error.facts), mistake), error.status
    flash(done, "success")
    return redirect(url_for("visit.page", visit_id=visit_id), 303)
