"""The parameters of a FHIR search, each checked: to ignore one that narrows would tell more than was asked for.

Source: HL7 FHIR R4, Search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import NoReturn
from uuid import UUID

from services.chassis.fhir import FhirRefused, Issue

MOST = 100
"""Resources on one page, the newest first."""
SHAPING = ("_format", "_pretty")
"""What says nothing about which resources are asked for."""
AFTER = "_before"
"""Ours, in the link to the next page: what is older than this id."""
_COMMA, _ESCAPED = re.compile(r"(?<!\\),"), re.compile(r"\\([\\,$|])")
_MOMENT = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb)?(\d{4})(-\d\d)?(-\d\d)?(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?")

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Asked:
    """What a search asks for; several values of one name are alternatives."""

    narrowing: tuple[tuple[str, tuple[str, ...]], ...]
    count: int
    before: UUID | None


def asked_for(pairs: Iterable[tuple[str, str]], known: Sequence[str]) -> Asked:
    """Raises `FhirRefused` for a parameter that is not `known`."""
    narrowing, count, before = [], MOST, None
    for name, value in pairs:
        if name == "_count":
            count = min(_number(name, value), MOST)
        elif name == AFTER:
            before = uuid_of(value) or refuse(name, "This is no page of ours.")
        elif name in known:
            narrowing.append((name, tuple(_plain(part) for part in _COMMA.split(value) if part)))
        elif name not in SHAPING:
            refuse(name, f"Search by {', '.join(known)}.")
    return Asked(tuple(narrowing), count, before)


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value)


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII):
        refuse(name, "This is a number.")
    return int(value)


def uuid_of(value: str, kind: str = "") -> UUID | None:
    """From an id, a reference or an address, which is one of the `kind`. None where it cannot be one of ours."""
    *before, its_id = value.split("/")
    if before and before[-1] != kind:
        return None
    try:
        return UUID(its_id)
    except ValueError:
        return None


def span_of(value: str, zone: tzinfo) -> tuple[str, Span]:
    """`ge2026-11-22` → how to compare, and from when to when that day lasts at the practice. Raises `FhirRefused`."""
    match = _MOMENT.fullmatch(value)
    if match is None:
        refuse("_lastUpdated", "This is a date, like ge2026-11-22.")
    compare, year, month, day, time, _ = match.groups()
    try:
        start = datetime.fromisoformat(f"{year}{month or '-01'}{day or '-01'}{time or ''}")
        begins = start if start.tzinfo else start.replace(tzinfo=zone)
        return compare or "eq", (begins, _LATER[bool(month), bool(day), bool(time)](begins))
    except (ValueError, OverflowError, KeyError):
        refuse("_lastUpdated", "There is no such date.")


def _next_month(at: datetime) -> datetime:
    return (at.replace(day=1) + timedelta(days=32)).replace(day=1)


_LATER: dict[tuple[bool, bool, bool], Callable[[datetime], datetime]] = {
    (False, False, False): lambda at: at.replace(year=at.year + 1),
    (True, False, False): _next_month,
    (True, True, False): lambda at: at + timedelta(days=1),
    (True, True, True): lambda at: at + timedelta(seconds=0 if at.microsecond else 1),
}
"""Where month, day and time are given → the end of what is meant."""


def refuse(name: str, text: str) -> NoReturn:
    raise FhirRefused(400, [Issue("not-supported", text, f"http.{name}" if name.isidentifier() else None)])
