"""Dates and phone numbers as people write them."""

from __future__ import annotations

from datetime import date, datetime

import phonenumbers


def day(iso: str) -> str:
    """`2026-11-25` is `Nov 25, 2026`."""
    on = date.fromisoformat(iso)
    return f"{on:%b} {on.day}, {on.year}"


def weekday(iso: str) -> str:
    """`2026-11-25` is `Wed 25 Nov 2026`."""
    on = date.fromisoformat(iso)
    return f"{on:%a} {on.day} {on:%b %Y}"


def phone(e164: str) -> str:
    """A number as its own country writes it."""
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)


def words(code: str) -> str:
    """A code as people read it: `patient_asked` is `patient asked`."""
    return code.replace("_", " ")


def when(at: datetime) -> str:
    """A local time: `Tue 9 Mar 2027, 09:15`."""
    return f"{at:%a} {at.day} {at:%b %Y}, {at:%H:%M}"
