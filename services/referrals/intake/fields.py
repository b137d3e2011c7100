"""The kinds of fields a referral has. Their errors say what to do and never repeat what was sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from marshmallow import ValidationError, fields, validate

from services.referrals.intake.diagnoses import diagnosis_code
from services.referrals.people.npi import is_npi

HOME_REGION = "US"
"""Where a phone number without a country code belongs."""
_UNPRINTABLE = {"Cc", "Cs", "Co", "Cn"}
_UNSEEN = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What takes no room, or turns text around; not what joins the letters of a script (U+200C, U+200D)."""
_JOINERS = "\u200c\u200d"


def obeys(rule: Callable[[Any], str | None]) -> Callable[[Any], None]:
    """A marshmallow validator from a rule that answers with its sentence."""

    def check(value: Any) -> None:
        if sentence := rule(value):
            raise ValidationError(sentence)

    return check


class Words(fields.String):
    """Text a person wrote, on one line: trimmed, composed (NFC), without control characters and what nobody sees."""

    def __init__(self, *, longest: int = 200, **options: Any) -> None:
        super().__init__(**options)
        self._longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        raw = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", " ".join(_UNSEEN.sub("", raw).split()))
        if not text.strip(_JOINERS + " "):
            raise ValidationError("Write something, or leave it out.")
        if len(text) > self._longest:
            raise ValidationError(f"At most {self._longest} characters.")
        if any(unicodedata.category(letter) in _UNPRINTABLE for letter in text):
            raise ValidationError("Only printable characters.")
        return self._meant(text)

    def _meant(self, text: str) -> str:
        return text


class Email(Words):
    """An address, not a display name with one."""

    _check = validate.Email(error="This is not an e-mail address.")

    def _meant(self, text: str) -> str:
        self._check(text)
        return text


class Phone(Words):
    """A number as people write it; kept as E.164."""

    def _meant(self, text: str) -> str:
        try:
            number = phonenumbers.parse(text, HOME_REGION)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValidationError("This is not a phone number. Write it like +1 212 555 0123.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Zone(Words):
    """An IANA time zone."""

    def _meant(self, text: str) -> str:
        if text not in available_timezones():
            raise ValidationError("This is not an IANA time zone, like America/New_York.")
        return text


class Npi(Words):
    def _meant(self, text: str) -> str:
        if not is_npi(text):
            raise ValidationError("This is not an NPI: ten digits, of which the last is a check digit.")
        return text


class Diagnosis(Words):
    """An ICD-10-CM code; kept with its dot."""

    def _meant(self, text: str) -> str:
        code = diagnosis_code(text)
        if code is None:
            raise ValidationError("This code is not in ICD-10-CM.")
        return code


class Position(fields.Field[tuple[float, float]]):
    """A place on earth: latitude and longitude, in degrees."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[float, float]:
        if not (isinstance(value, list) and len(value) == 2 and all(type(one) in (int, float) for one in value)):
            raise ValidationError("Give latitude and longitude, like [40.7, -74.0].")
        latitude, longitude = value
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValidationError("Latitude is -90 to 90, longitude -180 to 180.")
        return float(latitude), float(longitude)


class Flag(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Count(fields.Integer):
    """A whole number that a rule judges."""

    def __init__(self, rule: Callable[[int], str | None] | None = None, **options: Any) -> None:
        super().__init__(strict=True, validate=obeys(rule) if rule else None, **options)
