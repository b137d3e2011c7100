"""One visit: who, when, where, what to know, and what can be done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template

from services.care.measures import MEASURES
from services.care.recommend import FOLLOW_UPS
from services.care.units import CPT
from services.web.desk.account import may, staff_only
from services.web.desk.asking import booking, here, names, referral
from services.web.desk.note_form import EMPTY, NoteForm, of_note
from services.web.desk.visits import scopes

blueprint = Blueprint("visit", __name__)

REASONS = (
    "patient_asked",
    "patient_ill",
    "therapist_absent",
    "clinic_closed",
    "not_advised",
    "treatment_ended",
    "booked_by_mistake",
    "other",
)


@blueprint.get("/visit/<uuid:visit_id>")
@staff_only
def page(visit_id: UUID) -> Any:
    return shown(visit_id)


def shown(visit_id: UUID, form: NoteForm | None = None, mistake: str = "") -> str:
    """The page; `form` is a note that was refused, as it was filled in."""
    place, sheet = here(), booking(f"/sessions/{visit_id}/sheet")
    series = booking(f"/series/{sheet['series_id']}")
    visit = place.visit(sheet["session"])
    note = booking(f"/sessions/{visit_id}/note") if visit.status == "completed" and may("therapist") else None
    written = of_note(note["note"]) if note else None
    return render_template(
        "desk/visit.html",
        clinic=place.file,
        here=place,
        visit=visit,
        sheet=sheet,
        order_id=series["order_id"],
        patient=names([sheet["patient_id"]]).get(sheet["patient_id"], "Patient"),
        referral=referral(sheet["referral_id"]) if may("therapist") else None,
        scopes=scopes(visit, [place.visit(one) for one in series["sessions"]], place.notice_hours),
        reasons=REASONS,
        note=note,
        form=form or written or EMPTY,
        mistake=mistake,
        measures={code: one.name for code, one in MEASURES.items() if code != "nprs"},
        cpt=CPT,
        follow_ups=FOLLOW_UPS,
    )
