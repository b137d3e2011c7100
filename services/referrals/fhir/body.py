"""The bytes of a request as FHIR's JSON: what JSON leaves open, and FHIR does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from services.chassis.fhir import FhirRefused, Issue

DEEPEST = 100
"""Levels of nesting; the deepest of HL7's own examples have about twenty."""


def document_of(body: bytes) -> Any:
    """Raises `FhirRefused` for what is not JSON in UTF-8, says a name twice, or is nested beyond all use."""
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        raise _unreadable("The body is not JSON in UTF-8.") from None
    if _deeper_than(document, DEEPEST):
        raise _unreadable("The body is nested too deeply.")
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name, each system would take another one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _unreadable("There is an object here that has a name twice.")
    return found


def _deeper_than(document: Any, levels: int) -> bool:
    """Level by level, because what is nested deeply enough cannot be walked by recursion."""
    level = [document]
    for _ in range(levels):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [part for part in parts if isinstance(part, dict | list)]


def _no_number(text: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _unreadable(text: str) -> FhirRefused:
    return FhirRefused(400, [Issue("structure", text)])
