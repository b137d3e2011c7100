"""What becomes of a referral, in JSON: its review, the gate's findings, an amendment."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from services.referrals import rules
from services.referrals.fields import Count, Words
from services.referrals.schemas import CONTRAINDICATION, FrequencySchema, optional, several


class ReviewSchema(Schema):
    """Stricter than the physician, never looser."""

    pressure_ceiling = optional(Count, rules.pressure)
    contraindications = several(
        fields.String(validate=CONTRAINDICATION), metadata={"description": "what the therapist found besides"}
    )
    resolved = several(
        fields.String(validate=CONTRAINDICATION),
        metadata={"description": "absolute contraindications that were resolved with the physician"},
    )


class AmendSchema(Schema):
    """What the physician changed; what is left out stays."""

    visits = Count(rules.visit_count)
    frequency = fields.Nested(FrequencySchema)
    session_minutes = Count(rules.session_length)
    valid_until = fields.Date()
    pressure_ceiling = Count(rules.pressure)

    @validates_schema(pass_original=True)
    def something(self, data: dict[str, Any], original: Any, **kwargs: Any) -> None:
        if not original:
            raise ValidationError("Say what changes.")


class FindingSchema(Schema):
    code = fields.String()
    class_ = fields.String(data_key="class", attribute="class")
    sentence = fields.String()
    source = fields.String(metadata={"enum": ["order", "review", "diagnosis"]})
    scope = fields.String(allow_none=True)
    max_pressure = fields.Integer(allow_none=True)
    position = fields.String(allow_none=True)
    max_minutes = fields.Integer(allow_none=True)
    certification = fields.String(allow_none=True)
    provenance = fields.List(fields.String())
    disagree = fields.String(allow_none=True)


class FindingsSchema(Schema):
    """What the safety gate says; `version` is that of the clinic's table."""

    version = fields.Integer()
    blocked = fields.List(fields.Nested(FindingSchema))
    constraints = fields.List(fields.Nested(FindingSchema))
    pressure_ceiling = fields.Integer(allow_none=True)
    max_minutes = fields.Integer(allow_none=True)
    avoid = fields.List(fields.String())
    positions = fields.List(fields.String())
    certifications_needed = fields.List(fields.String())


class DeclineSchema(Schema):
    reason = Words(required=True, longest=1000)
