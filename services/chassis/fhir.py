"""What every FHIR interface of ours needs: its JSON, what was wrong (never what was sent), what was found.

Source: HL7 FHIR R4, HTTP and OperationOutcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, json, request

FHIR_JSON = "application/fhir+json"
SPOKEN = (FHIR_JSON, "application/json", "text/json")


@dataclass(frozen=True, slots=True)
class Issue:
    code: str
    """FHIR IssueType: structure, required, value, not-supported, not-found …"""
    text: str
    expression: str | None = None
    severity: str = "error"


class FhirRefused(Exception):
    """A FHIR request that cannot be taken; tells everything that is wrong with it."""

    def __init__(self, status: int, issues: Sequence[Issue]) -> None:
        super().__init__(status)
        self.status = status
        self.issues = issues


def operation_outcome(issues: Sequence[Issue]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    said = {"severity": issue.severity, "code": issue.code, "details": {"text": issue.text}}
    return {**said, "expression": [issue.expression]} if issue.expression else said


CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    413: "too-long",
    415: "not-supported",
    503: "transient",
}
"""FHIR IssueType for a status of HTTP."""


def outcome_of(status: int, envelope: dict[str, Any]) -> dict[str, Any]:
    """The OperationOutcome for an error that the service says in its own envelope."""
    return operation_outcome([Issue(CODES.get(status, "exception"), str(envelope.get("message", "")))])


def answer(resource: dict[str, Any] | None, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """In FHIR's JSON; None is no body."""
    body = json.dumps(resource) if resource is not None else ""
    return Response(body, status, headers or {}, content_type=FHIR_JSON)


def searchset(found: Sequence[dict[str, Any]]) -> Response:
    """The Bundle that answers a search; its entries stand under the address that was asked."""
    base = request.base_url
    entries = [{"fullUrl": f"{base}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return answer({**bundle, "entry": entries} if entries else bundle)


def based_on() -> UUID | None:
    """The order that a search is about; None where no order has that id. Raises `FhirRefused` if it names none, or
    narrows by what we do not know: to ignore that would tell more than was asked for.
    """
    unknown = [name for name in request.args if name != "based-on" and not name.startswith("_")]
    if unknown or "based-on" not in request.args:
        raise FhirRefused(400, [Issue("not-supported", "Search by based-on=ServiceRequest/<id>.")])
    try:
        return UUID(request.args["based-on"].removeprefix("ServiceRequest/"))
    except ValueError:
        return None


def speaks_fhir(blueprint: Blueprint) -> None:
    """Whatever goes wrong behind this blueprint (no token, too large, the database away) is said in FHIR as well."""

    @blueprint.before_request
    def agree_on_json() -> None:
        asked = request.args.get("_format")
        if asked and asked.replace(" ", "+") not in (*SPOKEN, "json"):
            raise FhirRefused(406, [Issue("not-supported", "This speaks JSON only: application/fhir+json.")])
        if not asked and request.accept_mimetypes and not request.accept_mimetypes.best_match(SPOKEN):
            raise FhirRefused(406, [Issue("not-supported", "This speaks JSON only: application/fhir+json.")])
        if request.method in ("POST", "PUT") and request.mimetype not in SPOKEN:
            raise FhirRefused(415, [Issue("not-supported", "Send JSON: application/fhir+json.")])

    @blueprint.errorhandler(FhirRefused)
    def refuse(error: FhirRefused) -> Response:
        return answer(operation_outcome(error.issues), error.status)

    @blueprint.after_request
    def speak_fhir(response: Response) -> Response:
        if response.status_code >= 400 and response.mimetype == "application/json":
            response.set_data(json.dumps(outcome_of(response.status_code, response.get_json())))
            response.content_type = FHIR_JSON
        return response
