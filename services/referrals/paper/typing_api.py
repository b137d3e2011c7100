"""Referrals that are typed in from paper, over HTTP: the codes on it, and what it says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.chassis import idempotency, identity
from services.chassis.api import runtime
from services.referrals import office
from services.referrals.intake.placers import fingerprint
from services.referrals.models import Referral
from services.referrals.paper import content
from services.referrals.paper.referral import open_code, type_in
from services.referrals.paper.uploads import ROOM, office_of, uploaded
from services.referrals.schemas import ReferralSchema

blueprint = Blueprint("typing", __name__, description="Referrals typed in from paper")


class TypedInSchema(Schema):
    """`referral` has the shape of an intake; its gaps are asked for."""

    referral = fields.Raw(required=True)
    code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    documents = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=20))


class CodeSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 64))


@blueprint.post("/intake-codes/open")
@identity.requires("desk")
@blueprint.doc(
    requestBody={"required": True, "content": {"multipart/form-data": {"schema": CodeSchema}}},
)
@blueprint.response(200, description="What is known beforehand, to be completed, and the scans that came with it")
@blueprint.alt_response(409, description="intake_code_used (reference: what it became), intake_code_expired")
def scan_code() -> Any:
    """The code of a printed form, in the body; perhaps with the scan as `file`. Nothing is used up by it."""
    request.max_content_length = ROOM
    code = office.load(CodeSchema(), {"code": request.form.get("code", "")})["code"]
    given = uploaded() if "file" in request.files else None
    media_type = content.judged(given) if given is not None else None
    with runtime().sessions.begin() as session:
        return open_code(office_of(session), code, given, media_type)


def _sheet(said: dict[str, Any]) -> str:
    """What tells one sheet from another, and cannot be read."""
    return fingerprint(office.vault(), {**said, "documents": [str(one) for one in said["documents"]]})


@blueprint.post("/typed")
@identity.requires("physician", "desk")
@office.takes(blueprint, TypedInSchema)
@blueprint.response(201, ReferralSchema)
@blueprint.alt_response(200, schema=ReferralSchema, description="The same referral, sent again")
def type_in_referral() -> Any:
    """What somebody read from a sheet of paper: with its code, which is used up, and its scans, which are attached.

    With an Idempotency-Key the same sheet, sent twice, is one referral; only its id is kept with the key.
    """
    said = office.load(TypedInSchema(), office.json_object())
    key = request.headers.get("Idempotency-Key", "")[:200]
    with runtime().sessions.begin() as session:
        if key and (earlier := idempotency.earlier_answer(session, key, _sheet(said))):
            return office.answer(session.get_one(Referral, UUID(earlier[1]["id"])))
        referral, new = type_in(office_of(session), said["referral"], said["code"], said["documents"])
        if key:
            idempotency.remember(session, key, 200, {"id": str(referral.id)})
        return office.answer(referral, 201 if new else 200)
