"""What every FHIR interface of ours needs: its JSON, what was wrong (never what was sent), what was found.

Source: HL7 FHIR R4, HTTP and OperationOutcome.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, json, request
from werkzeug.http import parse_options_header

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
    return {**said, "expression": [fhirpath(issue.expression)]} if issue.expression else said


_CHOICE = re.compile(
    r"\b(asNeeded|bounds|deceased|occurrence|quantity|value)"
    r"(?:Boolean|Code|CodeableConcept|Date|DateTime|Decimal|Duration|Integer|Period|Quantity|Range|Ratio|String|Timing)\b"
)


def fhirpath(place: str) -> str:
    """Elements of a choice have no type in their name there: what JSON calls occurrenceTiming is occurrence."""
    return _CHOICE.sub(r"\1", place)


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


def searchset(
    found: Sequence[dict[str, Any]],
    *,
    base: str | None = None,
    total: int | None = None,
    links: Mapping[str, str] | None = None,
) -> Response:
    """The Bundle that answers a search; its entries stand under the `base`, which is the address that was asked.

    `total` is how many there are on all pages, `links` are the addresses of this page and the next.
    """
    where = base or request.base_url
    entries = [{"fullUrl": f"{where}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found]
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(entries) if total is None else total,
        "link": [{"relation": name, "url": url} for name, url in (links or {"self": request.url}).items()],
    }
    return answer({**bundle, "entry": entries} if entries else bundle)


def based_on() -> UUID | None:
    """The order that a search is about; None where no order has that id. Raises `FhirRefused` if it names none, or
    narrows by what we do not know: to ignore that would tell more than was asked for.
    """
    unknown = set(request.args) - {"based-on", "_format", "_pretty", "_count"}
    if unknown or "based-on" not in request.args:
        raise FhirRefused(400, [Issue("not-supported", "Search by based-on=ServiceRequest/<id>.")])
    try:
        return UUID(request.args["based-on"].removeprefix("ServiceRequest/"))
    except ValueError:
        return None


def _is_spoken(kind: str) -> bool:
    """Of what a client would take: `kind` is like application/fhir+json; fhirVersion=4.0."""
    name, options = parse_options_header(kind)
    return name.lower() in (*SPOKEN, "json", "*/*", "application/*") and _is_of_r4(options)


def _is_sent(kind: str) -> bool:
    name, options = parse_options_header(kind)
    plain = options.get("charset", "utf-8").lower() in ("utf-8", "utf8", "us-ascii")
    return name.lower() in SPOKEN and plain and _is_of_r4(options)


def _is_of_r4(options: dict[str, str]) -> bool:
    return {name.lower(): value for name, value in options.items()}.get("fhirversion", "4.0").startswith("4.")


def speaks_fhir(blueprint: Blueprint) -> None:
    """Whatever goes wrong behind this blueprint (no token, too large, the database away) is said in FHIR as well."""

    @blueprint.before_request
    def agree_on_json() -> None:
        asked = request.args.get("_format")
        wanted = (
            [asked.replace(" ", "+")] if asked else [kind for kind, weight in request.accept_mimetypes if weight > 0]
        )
        if wanted and not any(_is_spoken(kind) for kind in wanted):
            raise FhirRefused(406, [Issue("not-supported", "This speaks JSON of FHIR R4: application/fhir+json.")])
        if request.path.endswith("/_search") and request.mimetype == "application/x-www-form-urlencoded":
            return
        if request.method in ("POST", "PUT") and not _is_sent(request.content_type or ""):
            raise FhirRefused(415, [Issue("not-supported", "Send JSON of FHIR R4, in UTF-8: application/fhir+json.")])

    @blueprint.errorhandler(FhirRefused)
    def refuse(error: FhirRefused) -> Response:
        return answer(operation_outcome(error.issues), error.status)

    @blueprint.after_request
    def speak_fhir(response: Response) -> Response:
        if response.status_code >= 400 and response.mimetype == "application/json":
            response.set_data(json.dumps(outcome_of(response.status_code, response.get_json())))
            response.content_type = FHIR_JSON
        return response
