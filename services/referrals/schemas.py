"""What a referral looks like in JSON, coming in and going out."""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.contracts.referrals import Updates
from services.referrals import rules
from services.referrals.fields import Count, Diagnosis, Email, Flag, Npi, Phone, Position, Words
from services.referrals.stages import Stage

CLAIM_TYPES = ("motor_vehicle", "workers_compensation", "major_medical", "private")


def optional(field: type[fields.Field[Any]], *args: Any, **options: Any) -> fields.Field[Any]:
    return field(*args, load_default=None, allow_none=True, **options)


def several(field: fields.Field[Any], **options: Any) -> fields.List[Any]:
    return fields.List(field, load_default=list, validate=validate.Length(max=20), **options)


TECHNIQUE = validate.Regexp(r"[a-z][a-z0-9_]{1,39}\Z", error="A technique's code, like myofascial_release.")


CONTRAINDICATION = validate.Regexp(r"[a-z][a-z0-9_]{1,39}\Z", error="A code of the clinic's table, like open_wound.")
A_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


class PlacerSchema(Schema):
    number = Words(required=True, longest=100)
    system = optional(Words, metadata={"description": "whose number it is; else the physician's own"})


class PatientSchema(Schema):
    name = Words(required=True)
    born_on = fields.Date(required=True)
    phone = optional(Phone)
    email = optional(Email, longest=254)
    language = optional(fields.String, validate=validate.Regexp(r"[a-z]{2}\Z", error="Two letters, like en."))
    text_consent = optional(Flag, metadata={"description": "agreed to texts; null: not asked"})
    email_consent = optional(Flag)

    @validates_schema(skip_on_field_errors=False)
    def reachable(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("phone", "") is None and data.get("email", "") is None:
            raise ValidationError("Give a phone number or an e-mail address.", "phone")


class PhysicianSchema(Schema):
    name = Words(required=True)
    npi = Npi(required=True)
    practice = optional(Words)
    licence = optional(Words)
    phone = optional(Phone)
    fax = optional(Phone)
    email = optional(Email, longest=254)


class FrequencySchema(Schema):
    visits = Count(required=True)
    per_days = Count(load_default=7)

    @validates_schema
    def sensible(self, data: dict[str, Any], **kwargs: Any) -> None:
        if sentence := rules.frequency(data["visits"], data["per_days"]):
            raise ValidationError(sentence, "visits")


class PayerSchema(Schema):
    name = optional(Words)
    member_number = optional(Words)
    claim_type = optional(fields.String, validate=validate.OneOf(CLAIM_TYPES))


class IntakeSchema(Schema):
    placer = fields.Nested(PlacerSchema, load_default=None, allow_none=True)
    patient = fields.Nested(PatientSchema, required=True)
    physician = fields.Nested(PhysicianSchema, required=True)

    diagnoses = fields.List(Diagnosis, required=True, validate=validate.Length(min=1, max=20))
    goals = several(Words(longest=500))
    areas = several(Words())
    precautions = several(Words(longest=500))
    instructions = several(Words(longest=2000))
    contraindications = several(fields.String(validate=CONTRAINDICATION))
    techniques = several(fields.String(validate=TECHNIQUE))

    visits = Count(rules.visit_count, required=True)
    frequency = fields.Nested(FrequencySchema, required=True)
    duration_weeks = optional(Count, metadata={"description": "for how many weeks the visits are meant"})
    session_minutes = Count(rules.session_length, required=True)
    pressure_ceiling = optional(Count, rules.pressure)
    home_visit = Flag(load_default=False)
    home_position = optional(Position, metadata={"description": "latitude and longitude, in degrees", **A_POSITION})
    therapist_sex = optional(fields.String, validate=validate.OneOf(("female", "male")))
    medically_necessary = optional(Flag)
    payer = fields.Nested(PayerSchema, load_default=None, allow_none=True)
    updates = fields.String(load_default="none", validate=validate.OneOf(get_args(Updates)))

    issued_on = fields.Date(required=True)
    signed_on = optional(fields.Date)
    start_by = optional(fields.Date)
    valid_until = optional(fields.Date)

    @post_load
    def once_each(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {name: list(dict.fromkeys(v)) if isinstance(v, list) else v for name, v in data.items()}


class NamesSchema(Schema):
    patient_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 500))


class ReferralSchema(IntakeSchema):
    """A referral as it is kept."""

    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(get_args(Stage)))
    business_status = fields.String(required=True, metadata={"description": "HL7 BSeR"})
    version = fields.Integer(required=True)
    received_at = fields.AwareDateTime(required=True)
    reviewed_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    patient_id = fields.UUID(required=True)
    physician_id = fields.UUID(required=True)
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
    valid_until = fields.Date(required=True)
    visits = fields.Integer(required=True)
    visits_kept = fields.Integer(required=True)


class ListQuery(Schema):
    status = fields.String(load_default=None, validate=validate.OneOf(get_args(Stage)))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))
