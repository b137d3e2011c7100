"""What a clinic file may say, and what is wrong with one that says something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates, validates_schema

from services.booking.writing import Text

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Span = tuple[time, time]
Week = list[tuple[int, time, time]]

_CODE = validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="Use small letters, digits and _.")
_NAME = validate.Length(1, 80)


class Words(Text):
    """Text; YAML turns what looks like a number into one."""

    default_error_messages = {"invalid": "Write it in quotes."}  # noqa: RUF012


class Day(fields.Date):
    default_error_messages = {"invalid": "Write a date such as 2027-12-24."}  # noqa: RUF012


class Hour(fields.Field[Span]):
    """`09:00-12:30`"""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Span:
        found = re.fullmatch(r"(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)", value) if isinstance(value, str) else None
        try:
            opens, closes = map(time.fromisoformat, found.groups() if found else ())
        except ValueError:
            raise ValidationError("Write opening hours such as 09:00-12:30.") from None
        if opens >= closes:
            raise ValidationError("Let the opening hours end after they begin, on the same day.")
        return opens, closes


class Phone(Words):
    """A number with its country's prefix; becomes E.164."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        said = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(said)
        except phonenumbers.NumberParseException:
            number = phonenumbers.PhoneNumber()
        if not phonenumbers.is_possible_number(number):
            raise ValidationError("Write a phone number with its country's prefix, such as +1 212 555 0134.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _apart(hours: list[Span]) -> None:
    if any(after[0] < before[1] for before, after in pairwise(sorted(hours))):
        raise ValidationError("Let the hours of a day not overlap.")


WeekInFile = Schema.from_dict({day: fields.List(Hour(), validate=_apart) for day in WEEKDAYS}, name="WeekInFile")
"""`monday: ["09:00-13:00", "14:00-18:00"]`; a day that is not there is closed."""


class Policy(Schema):
    reminder_minutes = fields.List(
        fields.Integer(strict=True, validate=validate.Range(15, 40_320)),
        load_default=[2880, 120],
        validate=validate.Length(max=5),
        metadata={"description": "how long before a visit a reminder is due"},
    )
    notice_hours = fields.Integer(strict=True, load_default=24, validate=validate.Range(0, 336))
    late_cancel_consumes_visit = fields.Boolean(load_default=True)


class Licence(Schema):
    state = Words(required=True, validate=validate.Regexp(r"[A-Z]{2}\Z", error="Use the state's two letters."))
    number = Words(required=True, validate=validate.Length(1, 40))
    valid_until = Day(required=True)


class TherapistInFile(Schema):
    key = Words(required=True, validate=_CODE)
    name = Words(required=True, validate=_NAME)
    licence = fields.Nested(Licence, required=True)
    techniques = fields.List(Words(validate=_CODE), load_default=list)
    languages = fields.List(Words(validate=validate.Length(2, 8)), load_default=list)
    buffer_minutes = fields.Integer(strict=True, load_default=15, validate=validate.Range(0, 240))
    hours = fields.Nested(WeekInFile)


class RoomInFile(Schema):
    key = Words(required=True, validate=_CODE)
    name = Words(required=True, validate=_NAME)


class ClosureInFile(Schema):
    first_on = Day(required=True, data_key="from")
    last_on = Day(data_key="to")
    reason = Words(required=True, validate=validate.Length(1, 120))

    @post_load
    def one_day(self, closure: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"last_on": closure["first_on"], **closure}

    @validates_schema
    def in_order(self, closure: dict[str, Any], **_: Any) -> None:
        if closure.get("last_on", date.max) < closure["first_on"]:
            raise ValidationError("Let the closure end on or after its first day.", "to")


class ClinicSchema(Schema):
    """The content of a clinic file. `hours` are everybody's who has none of their own."""

    name = Words(required=True, validate=_NAME)
    timezone = Words(required=True)
    phone = Phone(required=True)
    email = fields.Email(required=True)
    address = Words(required=True, validate=validate.Length(1, 200))
    language = Words(load_default="en", validate=validate.Regexp(r"[a-z]{2}\Z", error="Use a code such as en."))
    policy = fields.Nested(Policy, load_default=lambda: Policy().load({}))
    hours = fields.Nested(WeekInFile)
    therapists = fields.List(fields.Nested(TherapistInFile), required=True, validate=validate.Length(1, 500))
    rooms = fields.List(fields.Nested(RoomInFile), load_default=list, validate=validate.Length(max=500))
    closures = fields.List(fields.Nested(ClosureInFile), load_default=list, validate=validate.Length(max=2000))

    @validates("timezone")
    def is_known(self, timezone: str, **_: Any) -> None:
        # What a machine calls its own zone, PostgreSQL and other machines do not know.
        if timezone not in available_timezones() - {"localtime", "Factory"}:
            raise ValidationError("Use a name of the IANA database, such as America/New_York.")

    @validates_schema
    def lists_nothing_twice(self, clinic: dict[str, Any], **_: Any) -> None:
        """Not asked while anything else is wrong: what is listed need not have its key then."""
        keys = {kind: [one["key"] for one in clinic[kind]] for kind in ("therapists", "rooms")}
        closed = [(one["first_on"], one["last_on"]) for one in clinic["closures"]]
        found = {kind: _again(each, "key", "Give each its own key.") for kind, each in keys.items()}
        found["closures"] = _again(closed, "from", "This is listed already.")
        if any(found.values()):
            raise ValidationError({kind: places for kind, places in found.items() if places})

    @post_load
    def with_hours(self, clinic: dict[str, Any], **_: Any) -> dict[str, Any]:
        for therapist in clinic["therapists"]:
            therapist["hours"] = _by_number(therapist.get("hours", clinic.get("hours", {})))
        return clinic


def _again(keys: list[Any], field: str, hint: str) -> dict[int, dict[str, list[str]]]:
    return {index: {field: [hint]} for index, key in enumerate(keys) if key in keys[:index]}


def _by_number(week: Mapping[str, Iterable[Span]]) -> Week:
    return [(WEEKDAYS.index(day), opens, closes) for day, hours in week.items() for opens, closes in hours]
