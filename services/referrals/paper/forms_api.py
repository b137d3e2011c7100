"""Forms to print over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.forms.page import drawn
from services.referrals.forms.practice import letterhead
from services.referrals.forms.reading import values_of
from services.referrals.models import Physician
from services.referrals.models.documents import FormKind
from services.referrals.paper import intake_codes
from services.referrals.paper.uploads import to_be_saved
from services.referrals.people.physicians import speaks_for
from services.referrals.view import physician as shown_physician

PAGE = "/paper"
"""Where a form is sent back."""

blueprint = Blueprint("forms", __name__, description="Forms to print")


class FormQuery(Schema):
    practice = fields.String(load_default=None, metadata={"description": "NPI of the physician it is made for"})


@blueprint.get("/forms/<any(referral, permission):kind>.pdf")
@identity.requires("physician", "desk")
@blueprint.arguments(FormQuery, location="query")
@blueprint.response(200, content_type="application/pdf", description="A form with a one-time code")
def print_form(query: dict[str, Any], kind: FormKind) -> Response:
    with runtime().sessions.begin() as session:
        physician = _practice(session, query["practice"]) if query["practice"] else None
        code = intake_codes.mint(session, office.vault(), kind, physician, now=clock.now(session))
        known = {"physician": shown_physician(physician, office.vault())} if physician else {}
        head = letterhead(session, office.settings().public_url.rstrip("/") + PAGE)
    table = [entry.code for entry in office.table().entries]
    return to_be_saved(drawn(kind, code, values_of(kind, known), table, head), "application/pdf", f"{kind}.pdf")


@blueprint.get("/contraindications")
@identity.requires("physician", "desk", "therapist")
@blueprint.response(200, description="The clinic's table: code, class, and what it says")
def tell_contraindications() -> Any:
    return jsonify([{"code": one.code, "class": one.kind, "says": one.says} for one in office.table().entries])


def _practice(session: Session, npi: str) -> Physician:
    """Whose data the form may be made with: a physician's office gets its own. Raises `NotFound`."""
    physician = session.scalar(select(Physician).where(Physician.npi == npi))
    staff = not identity.outside()
    if physician is None or not (staff or speaks_for(session, physician.id)):
        raise NotFound
    return physician
