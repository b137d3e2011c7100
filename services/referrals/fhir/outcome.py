"""OperationOutcome: what was wrong with a FHIR request, and where. Never what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.referrals.fhir.elements import Draft


@dataclass(frozen=True, slots=True)
class Issue:
    code: str
    """FHIR IssueType: structure, required, value, not-supported, not-found …"""
    text: str
    expression: str | None = None


class FhirRefused(Exception):
    """A FHIR request that cannot be taken; tells everything that is wrong with it."""

    def __init__(self, status: int, issues: list[Issue]) -> None:
        super().__init__(status)
        self.status = status
        self.issues = issues


def operation_outcome(issues: list[Issue]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    said = {"severity": "error", "code": issue.code, "details": {"text": issue.text}}
    return {**said, "expression": [issue.expression]} if issue.expression else said


CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    409: "conflict",
    413: "too-long",
    415: "not-supported",
    503: "transient",
}
"""FHIR IssueType for a status of HTTP."""


def outcome_of(status: int, envelope: dict[str, Any]) -> dict[str, Any]:
    """The OperationOutcome for an error that the service says in its own envelope."""
    return operation_outcome([Issue(CODES.get(status, "exception"), str(envelope.get("message", "")))])


def issues_of(errors: dict[str, Any], draft: Draft, fallback: str) -> list[Issue]:
    """The errors of an intake, by field, as issues that point into the message it was read from."""
    return [
        Issue("required" if "required" in text else "value", text, draft.origin(path) or fallback)
        for path, text in _flat(errors, ())
    ]


def _flat(errors: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(inner, (*path, str(name)))
    else:
        yield from ((path, str(text)) for text in errors)
