"""Documents over HTTP: forms that come back, scans, and what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.forms import filled
from services.referrals.forms.reading import labels_of
from services.referrals.intake.complete import mine
from services.referrals.models import Document, Referral
from services.referrals.paper import content, documents, shelf
from services.referrals.paper.referral import take_form
from services.referrals.paper.uploads import UPLOAD, office_of, to_be_saved, uploaded
from services.referrals.review.decision import locked

MOST = 100

blueprint = Blueprint("documents", __name__, description="Documents and scans")


class DocumentSchema(Schema):
    id = fields.UUID(required=True)
    referral_id = fields.UUID(required=True, allow_none=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})
    sha256 = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)
    discarded_at = fields.AwareDateTime(allow_none=True, metadata={"description": "when it was thrown away"})
    goes_at = fields.AwareDateTime(
        allow_none=True,
        metadata={"description": "when it is thrown away, or gone for good, if nobody does anything"},
    )


class WaitingQuery(Schema):
    discarded = fields.Boolean(load_default=False, metadata={"description": "those that can still be taken back"})


@blueprint.post("/documents")
@identity.requires("physician", "desk")
@blueprint.doc(**UPLOAD)
@blueprint.response(201, description="A filled form became a referral")
@blueprint.alt_response(200, description="The same form, sent again")
@blueprint.alt_response(202, description="needs_information: a scan, for somebody at the desk to read")
def take_document() -> Any:
    """A form that was filled in on the screen is read field by field; anything else is kept, and waits."""
    given = uploaded()
    media_type = content.judged(given)
    values = filled.values_in(given) if media_type == "application/pdf" else {}
    kind = filled.form_of(values)
    with runtime().sessions.begin() as session:
        if kind is None:
            kept, _ = documents.keep(session, runtime().seal, given, media_type, now=clock.now(session))
            return {"status": "needs_information", "document": _told(kept)}, 202
        referral, kept, new = take_form(office_of(session), kind, values, given, media_type)
        answer = office.answer(referral, 201 if new else 200)
        answer.headers["X-Document"] = str(kept.id)
        answer.headers["X-Missing"] = ", ".join(labels_of(kind, referral.missing)).encode("ascii", "replace").decode()
        return answer


@blueprint.get("/documents")
@identity.requires("desk")
@blueprint.arguments(WaitingQuery, location="query")
@blueprint.response(200, DocumentSchema(many=True))
def list_waiting(query: dict[str, Any]) -> Any:
    """What waits for somebody to type it in, the oldest first; or what was thrown away, the latest first."""
    found = shelf.discarded if query["discarded"] else shelf.waiting
    with runtime().sessions.begin() as session:
        return jsonify([_told(one) for one in found(session, MOST)])


@blueprint.get("/documents/<uuid:document_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, content_type="application/octet-stream", description="The file as it came")
def give_document(document_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        document, given = documents.opened(session, runtime().seal, document_id)
        return to_be_saved(given, document.media_type, documents.file_name(document))


@blueprint.delete("/documents/<uuid:document_id>")
@identity.requires("desk")
@blueprint.response(204)
def discard_document(document_id: UUID) -> None:
    """A scan that is no referral's; one that belongs to a referral stays. It can be taken back for some days."""
    with runtime().sessions.begin() as session:
        shelf.discard(session, runtime().outbox, document_id, now=clock.now(session))


@blueprint.post("/documents/<uuid:document_id>/restore")
@identity.requires("desk")
@blueprint.response(200, DocumentSchema)
def restore_document(document_id: UUID) -> Any:
    """A scan that was thrown away waits again."""
    with runtime().sessions.begin() as session:
        return jsonify(_told(shelf.take_back(session, document_id, now=clock.now(session))))


@blueprint.post("/<uuid:referral_id>/documents")
@identity.requires("physician", "desk", "therapist")
@blueprint.doc(**UPLOAD)
@blueprint.response(201, DocumentSchema)
@blueprint.alt_response(200, schema=DocumentSchema, description="It is there already")
def attach_document(referral_id: UUID) -> Any:
    given = uploaded()
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


@blueprint.put("/<uuid:referral_id>/documents/<uuid:document_id>")
@identity.requires("desk")
@blueprint.response(200, DocumentSchema(many=True))
def attach_waiting(referral_id: UUID, document_id: UUID) -> Any:
    """A scan that waited is of this referral, which came another way; the referral's documents."""
    with runtime().sessions.begin() as session:
        referral = locked(session, referral_id)
        now = clock.now(session)
        documents.attach(session, runtime().outbox, referral, [document_id], now=now)
        return jsonify([documents.told(one) for one in documents.of_referral(session, referral.id)])


def _told(document: Document) -> dict[str, Any]:
    return documents.told(document, shelf.goes_at(document, office.settings()))
