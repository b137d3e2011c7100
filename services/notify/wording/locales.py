"""Days, times and numbers as people read them: in their language, as it is usual in the country of the place.

Patterns are CLDR's, through Babel. Its narrow and no-break spaces are made plain ones: a single one in a text
would make the whole of it UCS-2, and cost twice as much.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

Length = Literal["tiny", "short", "full"]
_SKELETONS: dict[Length, str] = {"tiny": "MEd", "short": "MMMEd"}
_SPACES = str.maketrans("\xa0\u202f\u2009", "   ")


@lru_cache(maxsize=512)
def locale(language: str, zone: str) -> Locale:
    """`es` in New York is `es_US`; the language alone where CLDR knows no such country's."""
    territory = get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone))
    try:
        return Locale(language, territory)
    except UnknownLocaleError:
        return Locale(language)


def day(at: datetime, zone: ZoneInfo, language: str, length: Length = "short") -> str:
    """`Tue 3/9`, `Tue Mar 9` or `Tuesday, March 9, 2027`."""
    return _day(at.astimezone(zone).date(), locale(language, zone.key), length)


def time(at: datetime, zone: ZoneInfo, language: str) -> str:
    """`3:00 PM`, `15:00`."""
    local = at.astimezone(zone)
    return _time(local.hour, local.minute, locale(language, zone.key))


def number(value: float | Decimal, zone: ZoneInfo, language: str) -> str:
    return str(format_decimal(value, locale=locale(language, zone.key))).translate(_SPACES)


@lru_cache(maxsize=4096)
def _day(on: date, where: Locale, length: Length) -> str:
    if length == "full":
        return str(format_date(on, "full", locale=where)).translate(_SPACES)
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    said = str(format_skeleton(_SKELETONS[length], noon, locale=where)).translate(_SPACES)
    return said.replace(",", "").replace(" de ", " ")


@lru_cache(maxsize=4096)
def _time(hour: int, minute: int, where: Locale) -> str:
    at = datetime(2000, 1, 1, hour, minute, tzinfo=UTC)
    return str(format_time(at, "short", locale=where)).translate(_SPACES)
