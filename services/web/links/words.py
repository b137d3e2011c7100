"""What the pages behind links say, in the languages that patients read. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_time

from services.web.links.phrases import PHRASES

LANGUAGES = ("en", "es")
_LOCALES = {"en": "en_US", "es": "es_US"}
_DAYS = {"en": "EEEE, MMMM d", "es": "EEEE, d 'de' MMMM"}


def spoken(*wanted: str | None) -> str:
    """The first of these that our pages speak: `es-MX` is `es`; English if none."""
    return next((tag[:2].lower() for tag in wanted if tag and tag[:2].lower() in LANGUAGES), "en")


def text(language: str, key: str, **facts: Any) -> str:
    """A sentence that ends in an abbreviation (`3:00 p.m.`) has one full stop."""
    said = PHRASES[key][LANGUAGES.index(language)].format(**facts)
    return said.replace(".m..", ".m.")


def has(key: str) -> bool:
    return key in PHRASES


def day(language: str, on: date) -> str:
    """`Tuesday, March 9`, `martes, 9 de marzo`."""
    return format_date(on, _DAYS[language], locale=_LOCALES[language])


def time(language: str, at: datetime) -> str:
    """`3:00 PM`, `3:00 p.m.`, in one piece."""
    # CLDR's narrow space is missing in some fonts.
    shown = format_time(at.time(), "short", locale=_LOCALES[language])
    return shown.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")


def weekday(language: str, number: int) -> str:
    """`Mon`, `lun`; 0 is Monday."""
    return format_date(date(2024, 1, 1 + number), "EEE", locale=_LOCALES[language])
