"""What becomes of a referral, in JSON: its review, the gate's findings, an amendment."""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.referrals.course.coverage import Doubt
from services.referrals.course.ending import REASONS
from services.referrals.intake import rules
from services.referrals.intake.complete import FIXED
from services.referrals.intake.fields import Count, Words
from services.referrals.intake.schemas import (
    CONTRAINDICATION,
    TECHNIQUE,
    FrequencySchema,
    IntakeSchema,
    PatientSchema,
    PayerSchema,
    optional,
    several,
)
from services.referrals.schemas import ShownFrequencySchema

ASKABLE = sorted(
    {
        *(set(IntakeSchema().fields) - {*FIXED, "patient", "frequency", "payer", "permission", "spans", "updates"}),
        *(f"patient.{name}" for name in set(PatientSchema().fields) - {"name", "born_on"}),
        *(f"payer.{name}" for name in PayerSchema().fields),
        "frequency.visits",
        "frequency.per_days",
        "permission",
    }
)
"""What a reviewer may ask for."""


class ReviewSchema(Schema):
    """Stricter than the physician, never looser."""

    pressure_ceiling = optional(Count, rules.pressure)
    visits = optional(Count, rules.visit_count)
    frequency = fields.Nested(FrequencySchema, load_default=None, allow_none=True)
    session_minutes = optional(Count, rules.session_length)
    techniques = several(
        fields.String(validate=TECHNIQUE), metadata={"description": "those that remain, where not all of them"}
    )
    avoid = several(Words(), metadata={"description": "sites that are left out, besides the physician's"})
    contraindications = several(
        fields.String(validate=CONTRAINDICATION), metadata={"description": "what the therapist found besides"}
    )
    resolved = several(
        fields.String(validate=CONTRAINDICATION),
        metadata={"description": "absolute contraindications that were resolved with the physician"},
    )
    despite = several(
        fields.String(validate=validate.OneOf(get_args(Doubt))),
        metadata={"description": "what can hardly be kept, and is accepted knowingly; see `doubts` of the findings"},
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
    doubts = fields.List(
        fields.String(validate=validate.OneOf(get_args(Doubt))),
        metadata={
            "description": "starts_today: the first visit would have to be today; visits_do_not_fit: before the"
            " referral ends not all of them can take place"
        },
    )


class AskSchema(Schema):
    names = fields.List(
        fields.String(validate=validate.OneOf(ASKABLE)),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "fields of an intake, with dots, that have to be told"},
    )


class CloseSchema(Schema):
    reason = fields.String(required=True, validate=validate.OneOf(REASONS))


class ChangeSchema(Schema):
    from_ = fields.Raw(data_key="from", allow_none=True)
    to = fields.Raw(allow_none=True)


class TermsSchema(Schema):
    visits = fields.Integer(allow_none=True)
    frequency = fields.Nested(ShownFrequencySchema)
    session_minutes = fields.Integer(allow_none=True)
    valid_until = fields.Date(allow_none=True)
    pressure_ceiling = fields.Integer(allow_none=True)


class VersionSchema(Schema):
    at = fields.AwareDateTime()
    by = fields.String(metadata={"description": "the account that entered it"})
    changed = fields.Dict(fields.String(), fields.Nested(ChangeSchema))
    terms = fields.Nested(TermsSchema)


class DeclineSchema(Schema):
    reason = Words(required=True, longest=1000)
