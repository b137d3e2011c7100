"""What is wrong with an intake, pointing into the message that it was read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.chassis.fhir import Issue
from services.referrals.fhir.asked import ASKED
from services.referrals.fhir.elements import Draft


def issues_of(errors: dict[str, Any], draft: Draft, fallback: str) -> list[Issue]:
    """The errors of an intake, by field."""
    return [Issue(_code(path, text), text, draft.origin(path) or fallback) for path, text in _flat(errors, ())]


CODED = {"diagnoses", "contraindications", "techniques"}
DATED = {"issued_on", "start_by", "valid_until"}


def _code(path: tuple[str, ...], text: str) -> str:
    """FHIR's IssueType. A date that is none was found before: here it is one that cannot be."""
    if "required" in text:
        return "required"
    return "code-invalid" if path[0] in CODED else "business-rule" if path[0] in DATED else "value"


def asked_for(missing: Sequence[str], draft: Draft, fallback: str) -> list[Issue]:
    """What has to be told before the referral can be reviewed."""
    return [
        Issue("incomplete", f"Please tell: {ASKED.get(name, name)}.", draft.origin(_steps(name)) or fallback, "warning")
        for name in missing
    ]


def once(issues: Sequence[Issue]) -> list[Issue]:
    """The first thing that is said about a place is enough."""
    by_place: dict[str | None, Issue] = {}
    for issue in issues:
        by_place.setdefault(issue.expression, issue)
    return list(by_place.values())


def _steps(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _flat(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(inner, (*path, str(name)))
    else:
        yield from ((path, str(text)) for text in errors)
