"""An intake that still has gaps: what may be asked for later, and what has to be there from the start.

The least is the patient's name and date of birth, and the physician's name and NPI: without them nobody can be asked.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from services.referrals.intake import rules
from services.referrals.intake.fields import Count, Diagnosis
from services.referrals.intake.schemas import FrequencySchema, IntakeSchema, PatientSchema, optional

ASKABLE = (
    "patient.phone",
    "diagnoses",
    "visits",
    "frequency.visits",
    "frequency.per_days",
    "session_minutes",
    "issued_on",
)
"""What a referral cannot be reviewed without. A patient's e-mail address does as well as a phone."""


class OpenPatientSchema(PatientSchema):
    @validates_schema(skip_on_field_errors=False)
    def reachable(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Is asked for, not required."""


class OpenFrequencySchema(FrequencySchema):
    visits = optional(Count)
    per_days = Count(load_default=7, allow_none=True)

    @validates_schema
    def sensible(self, data: dict[str, Any], **kwargs: Any) -> None:
        visits, days = data["visits"], data["per_days"]
        if days is not None and (sentence := rules.few_days(days)):
            raise ValidationError(sentence, "per_days")
        if None not in (visits, days) and (sentence := rules.frequency(visits, days)):
            raise ValidationError(sentence, "visits")


def _nothing_yet() -> dict[str, Any]:
    return {"visits": None, "per_days": 7}


class OpenIntakeSchema(IntakeSchema):
    patient = fields.Nested(OpenPatientSchema, required=True)
    diagnoses = fields.List(Diagnosis, load_default=list, allow_none=True, validate=validate.Length(max=20))
    visits = optional(Count, rules.visit_count)
    frequency = fields.Nested(OpenFrequencySchema, load_default=_nothing_yet, allow_none=True)
    session_minutes = optional(Count, rules.session_length)
    issued_on = optional(fields.Date)

    def fill(self, intake: dict[str, Any]) -> dict[str, Any]:
        """Gaps in one shape, however they were left."""
        return {**intake, "diagnoses": intake["diagnoses"] or [], "frequency": intake["frequency"] or _nothing_yet()}


def missing(intake: dict[str, Any], asked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names, with dots, of what has to be asked for; `asked` are further names that somebody wants to know."""
    needless = {"patient.phone"} if intake["patient"]["email"] else set()
    if intake.get("kind") == "permission":
        needless.add("diagnoses")
    wanted = dict.fromkeys((*(name for name in ASKABLE if name not in needless), *asked))
    return tuple(name for name in wanted if _value(intake, name) in (None, [], {}))


def _value(intake: Any, name: str) -> Any:
    for step in name.split("."):
        intake = intake.get(step) if isinstance(intake, dict) else None
    return intake
