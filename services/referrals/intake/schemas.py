"""What a referral looks like in JSON, coming in."""

from __future__ import annotations

from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.contracts.referrals import Updates
from services.referrals.intake import rules
from services.referrals.intake.fields import Count, Diagnosis, Email, Flag, Npi, Phone, Position, Words, Zone

KINDS = ("referral", "permission")
DECISIONS = ("cleared", "cleared_with_modifications", "not_advised")
CLAIM_TYPES = ("motor_vehicle", "workers_compensation", "major_medical", "private")


def optional(field: type[fields.Field[Any]], *args: Any, **options: Any) -> fields.Field[Any]:
    return field(*args, load_default=None, allow_none=True, **options)


def several(field: fields.Field[Any], **options: Any) -> fields.List[Any]:
    return fields.List(field, load_default=list, validate=validate.Length(max=20), **options)


TECHNIQUE = validate.Regexp(r"[a-z][a-z0-9_]{1,39}\Z", error="A technique's code, like myofascial_release.")


CONTRAINDICATION = validate.Regexp(r"[a-z][a-z0-9_]{1,39}\Z", error="A code of the clinic's table, like open_wound.")
LANGUAGE = validate.Regexp(r"[a-z]{2}\Z", error="Two letters, like en.")
A_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}


class PlacerSchema(Schema):
    number = Words(required=True, longest=100)
    system = optional(Words, metadata={"description": "whose number it is; else the physician's own"})


class PatientSchema(Schema):
    name = Words(required=True)
    born_on = fields.Date(required=True)
    phone = optional(Phone)
    email = optional(Email, longest=254)
    language = optional(fields.String, validate=LANGUAGE)
    timezone = optional(Zone, metadata={"description": "where they live, an IANA zone, where it is not the practice's"})
    text_consent = optional(Flag, metadata={"description": "agreed to texts; null: not asked"})
    email_consent = optional(Flag)

    @validates_schema(skip_on_field_errors=False)
    def reachable(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("phone", "") is None and data.get("email", "") is None:
            raise ValidationError("Give a phone number or an e-mail address.", "phone")


class PhysicianContactSchema(Schema):
    name = Words(required=True)
    practice = optional(Words)
    licence = optional(Words)
    phone = optional(Phone)
    fax = optional(Phone)
    email = optional(Email, longest=254)
    delivery = optional(
        fields.String,
        validate=validate.OneOf(("email", "fax")),
        metadata={"description": "how they want to hear from the practice; e-mail where it is not said"},
    )


class PhysicianSchema(PhysicianContactSchema):
    npi = Npi(required=True)


class CopySchema(Schema):
    """A further physician who hears of the referral."""

    physician = fields.Nested(PhysicianSchema, required=True)
    updates = fields.String(required=True, validate=validate.OneOf(get_args(Updates)))


class PermissionSchema(Schema):
    """A physician's answer to "may this patient be massaged?"."""

    decision = fields.String(required=True, validate=validate.OneOf(DECISIONS))
    sites = several(Words(), metadata={"description": "areas that are left out"})
    pressure_ceiling = optional(Count, rules.pressure)
    conditions = several(Words(longest=500))
    reason = optional(Words, longest=1000)
    decided_on = optional(fields.Date)

    @validates_schema
    def complete(self, data: dict[str, Any], **kwargs: Any) -> None:
        if found := rules.permission(**{name: data[name] for name in rules.PERMISSION}):
            raise ValidationError(found[1], found[0])


class FrequencySchema(Schema):
    visits: fields.Field[Any] = Count(required=True)
    per_days = Count(load_default=7)

    @validates_schema
    def sensible(self, data: dict[str, Any], **kwargs: Any) -> None:
        if sentence := rules.frequency(data["visits"], data["per_days"]):
            raise ValidationError(sentence, "visits")


class PayerSchema(Schema):
    name = optional(Words)
    member_number = optional(Words)
    claim_type = optional(fields.String, validate=validate.OneOf(CLAIM_TYPES))


class SpanSchema(Schema):
    """The other ends, where the order gives ranges: 6 to 10 visits are `visits` 10 and `visits_from` 6."""

    visits_from = optional(Count, rules.visit_count)
    frequency_from = optional(Count, rules.visit_count)
    per_days_to = optional(Count, rules.few_days)
    session_minutes_from = optional(Count)
    duration_weeks_from = optional(Count, rules.few_weeks)


class IntakeSchema(Schema):
    kind = fields.String(
        load_default="referral",
        validate=validate.OneOf(KINDS),
        metadata={"description": "an order; or the answer to whether massage is safe, for which the practice plans"},
    )
    permission = fields.Nested(PermissionSchema, load_default=None, allow_none=True)
    renews = optional(fields.UUID, metadata={"description": "the referral that this one continues"})
    replaces = fields.Nested(PlacerSchema, load_default=None, allow_none=True)
    placer = fields.Nested(PlacerSchema, load_default=None, allow_none=True)
    patient = fields.Nested(PatientSchema, required=True)
    physician = fields.Nested(PhysicianSchema, required=True)

    diagnoses = fields.List(Diagnosis, required=True, validate=validate.Length(min=1, max=20))
    reasons = several(Words(longest=500), metadata={"description": "in words, where no code says it"})
    service = optional(Words, longest=500, metadata={"description": "what is ordered, in the physician's words"})
    goals = several(Words(longest=500))
    areas = several(Words())
    precautions = several(Words(longest=500))
    instructions = several(Words(longest=2000))
    patient_instruction = optional(Words, longest=2000, metadata={"description": "what the patient is to do"})
    contraindications = several(fields.String(validate=CONTRAINDICATION))
    techniques = several(fields.String(validate=TECHNIQUE))

    visits: fields.Field[Any] = Count(rules.visit_count, required=True)
    frequency = fields.Nested(FrequencySchema, required=True)
    duration_weeks = optional(Count, metadata={"description": "for how many weeks the visits are meant"})
    session_minutes: fields.Field[Any] = Count(rules.session_length, required=True)
    spans = fields.Nested(SpanSchema, load_default=None, allow_none=True)
    pressure_ceiling = optional(Count, rules.pressure)
    home_visit = Flag(load_default=False)
    home_position = optional(Position, metadata={"description": "latitude and longitude, in degrees", **A_POSITION})
    therapist_sex = optional(fields.String, validate=validate.OneOf(("female", "male")))
    medically_necessary = optional(Flag)
    payer = fields.Nested(PayerSchema, load_default=None, allow_none=True)
    updates = fields.String(load_default="none", validate=validate.OneOf(get_args(Updates)))

    copy_to = fields.List(fields.Nested(CopySchema), load_default=list, validate=validate.Length(max=5))

    issued_on: fields.Field[Any] = fields.Date(required=True)
    signed_on = optional(fields.Date)
    start_by = optional(fields.Date)
    valid_until = optional(fields.Date)

    @validates_schema
    def answered(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["kind"] == "permission" and data["permission"] is None:
            raise ValidationError("Say what the physician answered.", "permission")

    @validates_schema
    def each_physician_once(self, data: dict[str, Any], **kwargs: Any) -> None:
        numbers = [data["physician"]["npi"], *(copy["physician"]["npi"] for copy in data["copy_to"])]
        if len(set(numbers)) < len(numbers):
            raise ValidationError("A copy goes to another physician, once.", "copy_to")

    @post_load
    def once_each(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {name: _once(value) if isinstance(value, list) else value for name, value in data.items()}


def _once(values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if value not in values[:place]]
