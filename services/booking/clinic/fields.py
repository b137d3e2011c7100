"""What the fields of a clinic file may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from itertools import pairwise
from typing import Any

import phonenumbers
from marshmallow import Schema, ValidationError, fields, validate

from services.booking.writing import Text

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Span = tuple[time, time]

CODE = validate.Regexp(r"[a-z0-9_]{1,40}\Z", error="Use small letters, digits and _.")
COUNTRY = validate.Regexp(r"[A-Z]{2}\Z", error="Use the country's two letters, such as US.")
STATE = validate.Regexp(r"[A-Z0-9]{1,3}\Z", error="Use the state's letters, such as NY.")
NAME = validate.Length(1, 80)


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


class OnEarth(fields.Tuple):
    """`[41.50, -73.97]`: degrees, north and east positive."""

    default_error_messages = {"invalid": "Write latitude and longitude, such as [41.50, -73.97]."}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        sides = [fields.Float(validate=validate.Range(-most, most)) for most in (90, 180)]
        super().__init__(sides, validate=None, **options)


def whole(least: int, most: int, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, most), **options)


def apart(hours: Iterable[Span]) -> None:
    if any(after[0] < before[1] for before, after in pairwise(sorted(hours))):
        raise ValidationError("Let the hours of a day not overlap.")


WeekInFile = Schema.from_dict({day: fields.List(Hour(), validate=apart) for day in WEEKDAYS}, name="WeekInFile")
"""`monday: ["09:00-13:00", "14:00-18:00"]`; a day that is not there is closed."""


def again(keys: Sequence[Any], field: str, hint: str) -> dict[int, dict[str, list[str]]]:
    """The places of a list at which something is listed for the second time, with a hint at its field."""
    return {index: {field: [hint]} for index, key in enumerate(keys) if key in keys[:index]}
