"""Patients and physicians in JSON: who may be one person, and how they are reached."""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.referrals.intake.fields import Email, Flag, Phone, Words, Zone
from services.referrals.intake.schemas import LANGUAGE, PatientSchema
from services.referrals.models import Decision, Verdict


class ChangesSchema(Schema):
    """Only what is told is changed; null takes away what was known."""

    @validates_schema(pass_original=True)
    def something(self, data: dict[str, Any], original: Any, **kwargs: Any) -> None:
        if not original:
            raise ValidationError("Say what changes.")


class PatientContactSchema(ChangesSchema):
    name = Words()
    born_on = fields.Date()
    phone = Phone(allow_none=True)
    email = Email(longest=254, allow_none=True)
    language = fields.String(allow_none=True, validate=LANGUAGE)
    timezone = Zone(allow_none=True)
    text_consent = Flag()
    email_consent = Flag()


class PhysicianChangesSchema(ChangesSchema):
    name = Words()
    practice = Words(allow_none=True)
    licence = Words(allow_none=True)
    phone = Phone(allow_none=True)
    fax = Phone(allow_none=True)
    email = Email(longest=254, allow_none=True)
    delivery = fields.String(validate=validate.OneOf(("email", "fax")))


class ConsentSchema(Schema):
    agreed = fields.Boolean(allow_none=True)
    source = fields.String(metadata={"description": "referral, reply, provider, desk, link"})
    at = fields.AwareDateTime()


class BriefPatientSchema(Schema):
    id = fields.UUID()
    contact = fields.Nested(PatientSchema)


class ShownPatientSchema(BriefPatientSchema):
    consents = fields.Dict(fields.String(), fields.Nested(ConsentSchema))
    version = fields.Integer()
    counts_for = fields.List(fields.UUID(), metadata={"description": "records that were merged into this one"})
    merged_into = fields.UUID(allow_none=True)
    referral_ids = fields.List(fields.UUID())


class SidesSchema(Schema):
    """Two records: the first keeps, the other is merged into it."""

    keep_id = fields.UUID(required=True)
    other_id = fields.UUID(required=True)


class UnmergeSchema(Schema):
    patient_id = fields.UUID(required=True, metadata={"description": "the record that stands for itself again"})


class ComparedSchema(Schema):
    how = fields.String()
    points = fields.Integer()


class MatchSchema(Schema):
    id = fields.UUID()
    verdict = fields.String(validate=validate.OneOf(get_args(Verdict)))
    score = fields.Integer(metadata={"description": "same from 90, if name and date of birth are; maybe from 50"})
    reasons = fields.Dict(fields.String(), fields.Nested(ComparedSchema))
    referral_id = fields.UUID(allow_none=True)
    raised_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    newer = fields.Nested(BriefPatientSchema)
    known = fields.Nested(BriefPatientSchema)


class MatchQuery(Schema):
    verdict = fields.String(load_default="open", validate=validate.OneOf(get_args(Verdict)))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class ProposalQuery(Schema):
    decision = fields.String(load_default="open", validate=validate.OneOf(get_args(Decision)))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class BriefPhysicianSchema(Schema):
    id = fields.UUID()
    npi = fields.String()
    contact = fields.Nested(PhysicianChangesSchema)
    version = fields.Integer()


class ShownPhysicianSchema(BriefPhysicianSchema):
    accounts = fields.List(fields.String(), metadata={"description": "accounts that speak for this physician"})


class ProposalSchema(Schema):
    id = fields.UUID()
    decision = fields.String(validate=validate.OneOf(get_args(Decision)))
    physician = fields.Nested(BriefPhysicianSchema)
    proposed = fields.Nested(PhysicianChangesSchema, metadata={"description": "what differs"})
    referral_id = fields.UUID()
    proposed_at = fields.AwareDateTime()
    proposed_by = fields.String()
    decided_at = fields.AwareDateTime(allow_none=True)
