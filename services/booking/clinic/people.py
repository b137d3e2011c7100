"""What a clinic file may say of a therapist."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.booking.clinic.fields import (
    CODE,
    NAME,
    STATE,
    WEEKDAYS,
    Day,
    Hour,
    OnEarth,
    Span,
    WeekInFile,
    Words,
    again,
    apart,
    whole,
)

Hours = list[tuple[int, time, time, str | None]]
"""Weekday (0 is Monday), from, to, the location's key; None is the therapist's own location."""


class LicenceInFile(Schema):
    state = Words(required=True, validate=STATE)
    number = Words(required=True, validate=validate.Length(1, 40))
    valid_from = Day(load_default=None)
    valid_until = Day(required=True)

    @validates_schema
    def in_order(self, licence: dict[str, Any], **_: Any) -> None:
        if licence["valid_until"] < (licence.get("valid_from") or date.min):
            raise ValidationError("Let the licence end on or after its first day.", "valid_until")


class SpecialInFile(Schema):
    """One date's hours instead of the weekly ones; closed where there are none."""

    on_date = Day(required=True, data_key="date")
    hours = fields.List(Hour(), load_default=list, validate=apart)
    location = Words()


class TherapistInFile(Schema):
    key = Words(required=True, validate=CODE)
    name = Words(required=True, validate=NAME)
    sex = Words(load_default=None, validate=validate.OneOf(["female", "male"]))
    licence = fields.Nested(LicenceInFile)
    licences = fields.List(fields.Nested(LicenceInFile), load_default=list, validate=validate.Length(max=60))
    techniques = fields.List(Words(validate=CODE), load_default=list)
    certifications = fields.List(Words(validate=CODE), load_default=list)
    experience = fields.Dict(
        keys=Words(validate=validate.Regexp(r"[A-Z]\d[0-9A-Z]\Z", error="Use an ICD-10-CM category such as M54.")),
        values=whole(0, 100_000),
        load_default=dict,
        metadata={"description": "series treated elsewhere, by ICD-10-CM category"},
    )
    languages = fields.List(Words(validate=validate.Length(2, 8)), load_default=list)
    buffer_minutes = whole(0, 240, load_default=15)
    home_visits = fields.Boolean(load_default=True)
    base = OnEarth(load_default=None, metadata={"description": "where the way to patients begins and ends"})
    location = Words(metadata={"description": "where `hours` are; the first location if left out"})
    hours = fields.Nested(WeekInFile)
    hours_at = fields.Dict(
        keys=Words(), values=fields.Nested(WeekInFile), metadata={"description": "hours at other locations"}
    )
    special_hours = fields.List(fields.Nested(SpecialInFile), load_default=list, validate=validate.Length(max=2000))

    @validates_schema
    def is_licensed(self, therapist: dict[str, Any], **_: Any) -> None:
        licences = [*therapist["licences"], *filter(None, [therapist.get("licence")])]
        if not licences:
            raise ValidationError("List a licence.", "licences")
        if twice := again([(one["state"], one["number"]) for one in licences], "number", "This is listed already."):
            raise ValidationError({"licences": twice})

    @validates_schema
    def is_in_one_place(self, therapist: dict[str, Any], **_: Any) -> None:
        by_day: dict[str, list[Span]] = defaultdict(list)
        for week in [therapist.get("hours", {}), *therapist.get("hours_at", {}).values()]:
            for day, hours in week.items():
                by_day[day] += hours
        for hours in by_day.values():
            _apart(hours)
        dates = [one["on_date"] for one in therapist["special_hours"]]
        if twice := again(dates, "date", "This is listed already."):
            raise ValidationError({"special_hours": twice})

    @post_load
    def complete(self, therapist: dict[str, Any], **_: Any) -> dict[str, Any]:
        therapist["licences"] += filter(None, [therapist.pop("licence", None)])
        return therapist


def _apart(hours: list[Span]) -> None:
    try:
        apart(hours)
    except ValidationError:
        raise ValidationError("Let the hours at two locations not overlap.", "hours_at") from None


def weekly(therapist: dict[str, Any], usual: dict[str, list[Span]]) -> Hours:
    """The hours of the file, or the usual ones for who has none of their own."""
    weeks = {
        None: therapist.get("hours", usual if "hours_at" not in therapist else {}),
        **therapist.get("hours_at", {}),
    }
    return [
        (WEEKDAYS.index(day), opens, closes, location)
        for location, week in weeks.items()
        for day, hours in week.items()
        for opens, closes in hours
    ]
