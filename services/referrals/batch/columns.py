"""The columns of a CSV file of referrals: their names are the paths of an intake. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.referrals.forms.field import Field
from services.referrals.forms.fields import fields_of
from services.referrals.forms.reading import read

FIELDS: tuple[Field, ...] = (*fields_of("referral"), Field("contraindications", "", kind="codes"))
NAMES = tuple(field.path for field in FIELDS)
NEEDED = ("placer.number", "patient.name", "patient.born_on", "physician.name", "physician.npi")

EXAMPLE = {
    "placer.number": "2026-0001",
    "patient.name": "Grace Example",
    "patient.born_on": "1979-10-05",
    "patient.phone": "+1 212 555 0100",
    "physician.name": "Dr. Ada Example",
    "physician.npi": "1234567893",
    "physician.email": "office@clinic.example",
    "diagnoses": "M54.50; M54.2",
    "visits": "8",
    "frequency.visits": "2",
    "frequency.per_days": "7",
    "session_minutes": "45",
    "goals": "Sleep through the night",
    "issued_on": "2026-11-25",
}


class HeaderError(Exception):
    """The first line is not a header that we know; says which names are wrong."""


def check(header: Sequence[str]) -> None:
    """Raises `HeaderError`."""
    unknown = [place for place, name in enumerate(header, 1) if name not in NAMES]
    twice = [name for name in NAMES if header.count(name) > 1]
    lacking = [name for name in NEEDED if name not in header]
    if unknown:
        raise HeaderError(f"unknown names in the header, at columns {', '.join(map(str, unknown))}")
    if twice or lacking:
        raise HeaderError(f"the header has {', '.join(twice)} twice" if twice else f"without {', '.join(lacking)}")


def document_of(row: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The intake document, and what does not read well, by column."""
    document, wrong = read(FIELDS, row)
    return document, {field.path: said for field, said in wrong.items()}
