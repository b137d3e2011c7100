"""What a referral looks like in JSON, going out; and what is asked for."""

from __future__ import annotations

from typing import get_args

from marshmallow import Schema, fields, validate

from services.referrals.course.stages import Stage
from services.referrals.intake.fields import Diagnosis
from services.referrals.intake.schemas import IntakeSchema


class NamesSchema(Schema):
    patient_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class ShownFrequencySchema(Schema):
    visits = fields.Integer(required=True, allow_none=True)
    per_days = fields.Integer(required=True, allow_none=True)


class AuthorisedSchema(Schema):
    visits = fields.Integer(required=True)
    visits_left = fields.Integer(
        required=True, allow_none=True, metadata={"description": "neither used nor booked; null before it is accepted"}
    )
    frequency = fields.Nested(ShownFrequencySchema, required=True)
    session_minutes = fields.Integer(required=True)
    units_per_visit = fields.Integer(required=True, metadata={"description": "of 15 minutes, by the 8-minute rule"})
    units_left = fields.Integer(required=True, allow_none=True)
    techniques = fields.List(fields.String(), required=True)
    avoid = fields.List(fields.String(), required=True, metadata={"description": "sites that are left out"})


class ReferralSchema(IntakeSchema):
    """A referral as it is kept; None is what is still asked for."""

    diagnoses = fields.List(Diagnosis, required=True)
    visits = fields.Integer(required=True, allow_none=True)
    frequency = fields.Nested(ShownFrequencySchema, required=True)
    session_minutes = fields.Integer(required=True, allow_none=True)
    issued_on = fields.Date(required=True, allow_none=True)

    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(get_args(Stage)))
    business_status = fields.String(required=True, metadata={"description": "HL7 BSeR"})
    missing = fields.List(fields.String(), required=True, metadata={"description": "names of what is asked for"})
    version = fields.Integer(required=True)
    received_at = fields.AwareDateTime(required=True)
    contacted_at = fields.AwareDateTime(required=True, allow_none=True)
    reviewed_at = fields.AwareDateTime(required=True, allow_none=True)
    first_visit_at = fields.AwareDateTime(required=True, allow_none=True)
    completed_at = fields.AwareDateTime(required=True, allow_none=True)
    cancel_asked_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_because = fields.String(required=True, allow_none=True)
    patient_id = fields.UUID(required=True)
    physician_id = fields.UUID(required=True)
    authorised = fields.Nested(
        AuthorisedSchema,
        required=True,
        allow_none=True,
        metadata={"description": "what may be booked: the order, as the review limited it; null: something is missing"},
    )
    visits_kept = fields.Integer(required=True)
    physician_pressure_ceiling = fields.Integer(required=True, allow_none=True)
    decline_reason = fields.String(required=True, allow_none=True)


class ListedReferralSchema(Schema):
    """One line of the list: nothing clinical."""

    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    status = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)
    patient_id = fields.UUID(required=True)
    physician_id = fields.UUID(required=True)
    valid_until = fields.Date(required=True, allow_none=True)
    visits = fields.Integer(required=True, allow_none=True)
    missing = fields.List(fields.String(), required=True)
    visits_kept = fields.Integer(required=True)


class IntakeQuery(Schema):
    incomplete = fields.Boolean(
        load_default=False,
        metadata={"description": "take it with gaps: what is missing is asked for, and it waits as needs_information"},
    )


class ListQuery(Schema):
    status = fields.String(load_default=None, validate=validate.OneOf(get_args(Stage)))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
