"""Paper over HTTP: forms to print, forms that come back, scans, and the codes on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.forms import filled
from services.referrals.forms.page import drawn
from services.referrals.forms.reading import labels_of, values_of
from services.referrals.intake.complete import mine
from services.referrals.models import Physician, Referral
from services.referrals.models.documents import FormKind
from services.referrals.paper import content, documents, intake_codes
from services.referrals.paper.referral import Office, open_code, take_form, type_in
from services.referrals.paper.refusals import FileMissing
from services.referrals.people.physicians import speaks_for
from services.referrals.review.decision import locked
from services.referrals.schemas import ReferralSchema
from services.referrals.view import physician as shown_physician

ROOM = content.MOST_BYTES + 64 * 1024
"""What an upload may have in all: the file, and what a form wraps around it."""

blueprint = Blueprint("documents", __name__, description="Forms and documents")


class FormQuery(Schema):
    practice = fields.String(load_default=None, metadata={"description": "NPI of the physician it is made for"})


class DocumentSchema(Schema):
    id = fields.UUID(required=True)
    referral_id = fields.UUID(required=True, allow_none=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})
    sha256 = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)


class TypedInSchema(Schema):
    """`referral` has the shape of an intake; its gaps are asked for."""

    referral = fields.Raw(required=True)
    code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    documents = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=20))


class CodeSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 64))


_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            }
        },
    }
}


@blueprint.get("/forms/<any(referral, permission):kind>.pdf")
@identity.requires("physician", "desk")
@blueprint.arguments(FormQuery, location="query")
@blueprint.response(200, content_type="application/pdf", description="A form with a one-time code")
def print_form(query: dict[str, Any], kind: FormKind) -> Response:
    with runtime().sessions.begin() as session:
        physician = _practice(session, query["practice"]) if query["practice"] else None
        code = intake_codes.mint(session, office.vault(), kind, physician, now=clock.now(session))
        known = {"physician": shown_physician(physician, office.vault())} if physician else {}
    table = [entry.code for entry in office.table().entries]
    return _file(drawn(kind, code, values_of(kind, known), table), "application/pdf", f"{kind}.pdf")


@blueprint.post("/documents")
@identity.requires("physician", "desk")
@blueprint.doc(**_UPLOAD)
@blueprint.response(201, description="A filled form became a referral")
@blueprint.alt_response(200, description="The same form, sent again")
@blueprint.alt_response(202, description="needs_information: a scan, for somebody at the desk to read")
def take_document() -> Any:
    """A form that was filled in on the screen is read field by field; anything else is kept, and waits."""
    given = _uploaded()
    media_type = content.judged(given)
    values = filled.values_in(given) if media_type == "application/pdf" else {}
    kind = filled.form_of(values)
    with runtime().sessions.begin() as session:
        if kind is None:
            kept, _ = documents.keep(session, runtime().seal, given, media_type, now=clock.now(session))
            return {"status": "needs_information", "document": documents.told(kept)}, 202
        referral, kept, new = take_form(_office(session), kind, values, given, media_type)
        answer = office.answer(referral, 201 if new else 200)
        answer.headers["X-Document"] = str(kept.id)
        answer.headers["X-Missing"] = ", ".join(labels_of(kind, referral.missing)).encode("ascii", "replace").decode()
        return answer


@blueprint.get("/documents")
@identity.requires("desk")
@blueprint.response(200, DocumentSchema(many=True))
def list_waiting() -> Any:
    """What waits for somebody to type it in, the oldest first."""
    with runtime().sessions.begin() as session:
        return jsonify([documents.told(one) for one in documents.waiting(session, 100)])


@blueprint.get("/documents/<uuid:document_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, content_type="application/octet-stream", description="The file as it came")
def give_document(document_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        document, given = documents.opened(session, runtime().seal, document_id)
        return _file(given, document.media_type, documents.file_name(document))


@blueprint.delete("/documents/<uuid:document_id>")
@identity.requires("desk")
@blueprint.response(204)
def discard_document(document_id: UUID) -> None:
    """A scan that is no referral's; one that belongs to a referral stays."""
    with runtime().sessions.begin() as session:
        documents.discard(session, document_id)


@blueprint.post("/<uuid:referral_id>/documents")
@identity.requires("physician", "desk", "therapist")
@blueprint.doc(**_UPLOAD)
@blueprint.response(201, DocumentSchema)
@blueprint.alt_response(200, schema=DocumentSchema, description="It is there already")
def attach_document(referral_id: UUID) -> Any:
    given = _uploaded()
    media_type = content.judged(given)
    with runtime().sessions.begin() as session:
        referral = mine(locked(session, referral_id))
        now = clock.now(session)
        kept, new = documents.keep(session, runtime().seal, given, media_type, referral=referral, now=now)
        return jsonify(documents.told(kept)), 201 if new else 200


@blueprint.get("/<uuid:referral_id>/documents")
@identity.requires("physician", "desk", "therapist")
@blueprint.response(200, DocumentSchema(many=True))
def list_documents(referral_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        referral = session.get(Referral, referral_id)
        if referral is None:
            raise NotFound
        return jsonify([documents.told(one) for one in documents.of_referral(session, mine(referral).id)])


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
    given = _uploaded() if "file" in request.files else None
    media_type = content.judged(given) if given is not None else None
    with runtime().sessions.begin() as session:
        return open_code(_office(session), code, given, media_type)


@blueprint.post("/typed")
@identity.requires("physician", "desk")
@office.takes(blueprint, TypedInSchema)
@blueprint.response(201, ReferralSchema)
@blueprint.alt_response(200, schema=ReferralSchema, description="The same referral, sent again")
def type_in_referral() -> Any:
    """What somebody read from a sheet of paper: with its code, which is used up, and its scans, which are attached."""
    said = office.load(TypedInSchema(), office.json_object())
    if said["documents"] and identity.outside():
        raise NotFound
    with runtime().sessions.begin() as session:
        referral, new = type_in(_office(session), said["referral"], said["code"], said["documents"])
        return office.answer(referral, 201 if new else 200)


@blueprint.get("/contraindications")
@identity.requires("physician", "desk", "therapist")
@blueprint.response(200, description="The clinic's table: code, class, and what it says")
def tell_contraindications() -> Any:
    return jsonify([{"code": one.code, "class": one.kind, "says": one.says} for one in office.table().entries])


def _office(session: Session) -> Office:
    now = clock.now(session)
    return Office(session, runtime().outbox, office.vault(), office.table(), office.calendar(now), now)


def _practice(session: Session, npi: str) -> Physician:
    """Whose data the form may be made with: a physician's office gets its own. Raises `NotFound`."""
    physician = session.scalar(select(Physician).where(Physician.npi == npi))
    staff = not identity.outside()
    if physician is None or not (staff or speaks_for(session, physician.id)):
        raise NotFound
    return physician


def _uploaded() -> bytes:
    """The part named file. Raises `FileMissing`."""
    request.max_content_length = ROOM
    file = request.files.get("file")
    if file is None:
        raise FileMissing
    given: bytes = file.read()
    return given


def _file(given: bytes, media_type: str, name: str) -> Response:
    """To be saved, never shown as a page of ours."""
    response = Response(given, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
