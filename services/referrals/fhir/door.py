"""The door for health records: a Bundle or a ServiceRequest in, a Task or an OperationOutcome out."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, json, request
from flask_smorest import Blueprint

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import Invalid
from services.referrals import office
from services.referrals.fhir.mapping import draft_of
from services.referrals.fhir.outcome import (
    FhirRefused,
    Issue,
    issues_of,
    operation_outcome,
    outcome_of,
)
from services.referrals.fhir.reading import read_message
from services.referrals.fhir.task import task_of
from services.referrals.intake import read
from services.referrals.receive import receive

FHIR_JSON = "application/fhir+json"

blueprint = Blueprint("fhir", __name__, description="FHIR R4")


@blueprint.post("/fhir")
@identity.requires("physician", "desk")
@blueprint.doc(
    requestBody={"required": True, "content": {FHIR_JSON: {"schema": {"type": "object"}}}},
    responses={"201": {"description": "A FHIR R4 Task"}, "422": {"description": "An OperationOutcome"}},
)
def take_in_fhir() -> Any:
    if request.mimetype not in (FHIR_JSON, "application/json"):
        abort(415)
    message, faults = read_message(office.json_body())
    draft, ordered, issues = draft_of(message, faults)
    with runtime().sessions.begin() as session:
        now = clock.now(session)
        try:
            intake = read(draft.document, office.calendar(now), office.table())
        except Invalid as invalid:
            issues += issues_of(invalid.facts, draft, ordered.path)
        if issues:
            raise FhirRefused(422, _once(issues))
        referral, new = receive(session, runtime().outbox, office.vault(), intake, now)
        return _answer(task_of(referral, office.vault()), 201 if new else 200, office.address(referral))


def _once(issues: list[Issue]) -> list[Issue]:
    """The first thing that is said about a place is enough."""
    by_place: dict[str | None, Issue] = {}
    for issue in issues:
        by_place.setdefault(issue.expression, issue)
    return list(by_place.values())


@blueprint.errorhandler(FhirRefused)
def refuse(error: FhirRefused) -> Response:
    return _answer(operation_outcome(error.issues), error.status)


@blueprint.after_request
def speak_fhir(response: Response) -> Response:
    """Whatever else went wrong (no token, too large, the database away) is said in FHIR as well."""
    if response.status_code >= 400 and response.mimetype == "application/json":
        response.set_data(json.dumps(outcome_of(response.status_code, response.get_json())))
        response.content_type = FHIR_JSON
    return response


def _answer(resource: dict[str, Any], status: int, location: str | None = None) -> Response:
    headers = {"Location": location} if location else {}
    return Response(json.dumps(resource), status, headers, content_type=FHIR_JSON)
