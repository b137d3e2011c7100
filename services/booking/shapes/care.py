"""Looks on the day, sheets and recommendations, in and out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.booking.answers import LedgerSchema, SessionSchema, TermsSchema
from services.booking.shapes.notes import Value, WrittenSchema
from services.booking.writing import Text
from services.care.recommend import FOLLOW_UPS


class LookSchema(Schema):
    findings = fields.List(
        fields.String(validate=validate.Length(1, 40)), required=True, validate=validate.Length(max=30)
    )


class FindingShown(Schema):
    code = fields.String()
    class_ = fields.String(data_key="class", attribute="class")
    sentence = fields.String()
    source = fields.String()
    scope = fields.String(allow_none=True)
    max_pressure = fields.Integer(allow_none=True)
    position = fields.String(allow_none=True)
    max_minutes = fields.Integer(allow_none=True)
    certification = fields.String(allow_none=True)
    provenance = fields.List(fields.String())
    disagree = fields.String(allow_none=True)


class SafetySchema(Schema):
    """What the gate says; `version` is that of the clinic's table."""

    version = fields.Integer()
    blocked = fields.List(fields.Nested(FindingShown))
    constraints = fields.List(fields.Nested(FindingShown))
    pressure_ceiling = fields.Integer(allow_none=True, metadata={"description": "Walton scale, the strictest of all"})
    max_minutes = fields.Integer(allow_none=True)
    avoid = fields.List(fields.String(), metadata={"description": "sites to leave out"})
    positions = fields.List(fields.String())
    certifications_needed = fields.List(fields.String())
    certifications_lacking = fields.List(fields.String())


class TakenShown(Schema):
    number = fields.Integer(metadata={"description": "which visit of the series"})
    at = fields.AwareDateTime(format="iso")
    value = Value(metadata={"type": "number"})


class MeasureShown(Schema):
    """A measure over the series; `status` is judged against `matters`, `recent` over the newest values alone."""

    measure = fields.String(attribute="measure.code")
    name = fields.String(attribute="measure.name")
    unit = fields.String(attribute="measure.unit")
    better = fields.String(attribute="measure.better")
    matters = Value(attribute="measure.matters", metadata={"type": "number"})
    loinc = fields.String(attribute="measure.loinc", allow_none=True)
    detail = fields.String()
    taken = fields.List(fields.Nested(TakenShown))
    change = Value(attribute="trend.change", metadata={"type": "number"})
    status = fields.String(attribute="trend.status")
    recent = fields.String(attribute="trend.recent")


class SheetSchema(Schema):
    """What is clinical is left out for the desk."""

    session = fields.Nested(SessionSchema)
    series_id = fields.UUID(attribute="session.series_id")
    of = fields.Integer(attribute="session.series.visits")
    referral_id = fields.UUID(attribute="order.referral_id")
    reference = fields.String(attribute="order.reference")
    patient_id = fields.UUID(attribute="order.patient_id")
    terms = fields.Nested(TermsSchema)
    ledger = fields.Nested(LedgerSchema)
    safety = fields.Nested(SafetySchema)
    permitted_if = fields.List(fields.String(), metadata={"description": "the physician's conditions, in their words"})
    last_time = fields.Nested(WrittenSchema, allow_none=True)
    measures = fields.List(fields.Nested(MeasureShown))


class ReasonSchema(Schema):
    code = fields.String()
    sentence = fields.String()


class DraftSchema(Schema):
    follow_up = fields.String(validate=validate.OneOf(FOLLOW_UPS))
    reasons = fields.List(fields.Nested(ReasonSchema))


class SigningSchema(Schema):
    follow_up = fields.String(required=True, validate=validate.OneOf(FOLLOW_UPS))
    recommendation = Text(load_default="", validate=validate.Length(max=2000))


class SignedSchema(Schema):
    follow_up = fields.String()
    recommendation = fields.String()
    signed_by = fields.String()
    signed_at = fields.AwareDateTime(format="iso")


class FollowUpSchema(Schema):
    """`drafted` is a proposal; `signed` is what the therapist decided, null before and after yet another visit."""

    series_id = fields.UUID()
    planned = fields.Integer()
    kept = fields.Integer()
    drafted = fields.Nested(DraftSchema)
    signed = fields.Nested(SignedSchema, allow_none=True)
