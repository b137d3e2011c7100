"""A patient's own rights over HTTP: to be forgotten, and to have all that is known of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.chassis import audit, clock, identity
from services.chassis.api import runtime
from services.referrals import office
from services.referrals.privacy import erase, known

blueprint = Blueprint("privacy", __name__, description="Erasing a patient, exporting what is known of one")


class EraseSchema(Schema):
    dry_run = fields.Boolean(load_default=False)
    override_retention = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(erase.REASONS),
        metadata={"description": "why it is erased before the law's years are over"},
    )


class ErasureSchema(Schema):
    patient_ids = fields.List(fields.UUID())
    referral_ids = fields.List(fields.UUID())
    kept_until = fields.AwareDateTime(allow_none=True)
    counts = fields.Dict(fields.String(), fields.Integer())


@blueprint.post("/patients/<uuid:patient_id>/erase")
@identity.requires("admin")
@blueprint.arguments(EraseSchema, required=False)
@blueprint.response(200, ErasureSchema)
@blueprint.alt_response(409, description="still_treated, visits_to_come, must_be_kept: with the facts")
def post_erase(asked: dict[str, Any], patient_id: UUID) -> Any:
    """For ever, with every record of the person, here and in every other service."""
    rules = {"keep_years": office.settings().keep_years, "override": asked["override_retention"]}
    with runtime().sessions.begin() as session:
        now = clock.now(session)
        if asked["dry_run"]:
            return erase.preview(session, patient_id, now=now, **rules)
        return erase.erase(session, runtime().outbox, office.vault(), patient_id, now=now, **rules)


@blueprint.get("/patients/<uuid:patient_id>/export")
@identity.requires("admin")
@blueprint.response(200)
def get_export(patient_id: UUID) -> Any:
    """All that referrals knows of a person, under every record of theirs; documents by their ids."""
    with runtime().sessions.begin() as session:
        found = known.of(session, office.vault(), office.table(), patient_id)
        audit.record_all(session, "patient_exported", "patient", found["patient_ids"])
        return jsonify(found)


@blueprint.get("/patients/<uuid:patient_id>/documents/<uuid:document_id>")
@identity.requires("admin")
@blueprint.response(200, content_type="application/octet-stream")
def get_exported_document(patient_id: UUID, document_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        content, media_type = known.document(session, office.vault(), patient_id, document_id)
        audit.record(session, "document_exported", "document", document_id)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(content, content_type=media_type, headers=headers)
