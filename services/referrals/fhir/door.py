"""The door for health records: a Bundle or a ServiceRequest in, a Task or an OperationOutcome out."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.fhir import FHIR_JSON, FhirRefused, Issue, answer, operation_outcome, speaks_fhir
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.fhir.capability import capability_statement
from services.referrals.fhir.follow import order_shown, task_shown
from services.referrals.fhir.searching import by_identifier
from services.referrals.fhir.taking import Sent, sent
from services.referrals.intake.receive import receive
from services.referrals.models import Referral

BASE = "/api/referrals/fhir"

blueprint = Blueprint("fhir", __name__, description="FHIR R4: taking orders in")
speaks_fhir(blueprint)


def _takes(what: str) -> Any:
    return blueprint.doc(
        requestBody={"required": True, "content": {FHIR_JSON: {"schema": {"type": "object"}}}},
        responses={"200": {"description": what}, "422": {"description": "An OperationOutcome"}},
    )


@blueprint.post("/fhir")
@identity.requires("physician", "desk")
@_takes("A FHIR R4 Task, 201 when it is new")
def take_in_fhir() -> Response:
    return _take_in(sent(office.json_body()), "Task")


@blueprint.post("/fhir/ServiceRequest")
@identity.requires("physician", "desk")
@_takes("The ServiceRequest as it was understood, 201 when it is new")
def create_order() -> Response:
    return _take_in(sent(_of_kind(office.json_body(), "ServiceRequest")), "ServiceRequest")


@blueprint.post("/fhir/$validate")
@identity.requires("physician", "desk")
@_takes("An OperationOutcome; nothing is written")
def validate() -> Response:
    return _validated(office.json_body())


@blueprint.post("/fhir/ServiceRequest/$validate")
@identity.requires("physician", "desk")
@_takes("An OperationOutcome; nothing is written")
def validate_order() -> Response:
    return _validated(office.json_body(), "ServiceRequest")


@blueprint.get("/fhir/metadata")
def tell_capabilities() -> Response:
    """What this interface can do; open to everybody, as FHIR asks."""
    return answer(capability_statement(f"{request.host_url.rstrip('/')}{BASE}"))


def _take_in(message: Sent, kind: str) -> Response:
    with runtime().sessions.begin() as session:
        judged = message.judge(now := clock.now(session))
        earlier = _earlier(session)
        referral, new = (
            (earlier, False)
            if earlier
            else receive(session, runtime().outbox, office.vault(), judged.intake, now, judged.missing)
        )
        if "return=OperationOutcome" in _preferred():
            shown = operation_outcome([*judged.asked, *message.remarks()] or [_fine()])
        else:
            shown = task_shown(None if new else session, referral) if kind == "Task" else order_shown(referral)
        headers = {"Location": f"{BASE}/{kind}/{referral.id}", "ETag": f'W/"{referral.version}"'}
        return answer(None if "return=minimal" in _preferred() else shown, 201 if new else 200, headers)


def _earlier(session: Session) -> Referral | None:
    """FHIR's conditional create: what the header describes is there already."""
    asked = request.headers.get("If-None-Exist", "").lstrip("?")
    if not asked:
        return None
    name, _, value = asked.partition("=")
    if name != "identifier" or "&" in value:
        raise FhirRefused(412, [Issue("not-supported", "If-None-Exist can name an identifier: system|value.")])
    try:
        return by_identifier(session, value)
    except NotFound:
        return None


def _preferred() -> set[str]:
    return {part.strip() for part in request.headers.get("Prefer", "").replace(";", ",").split(",")}


def _validated(document: Any, kind: str | None = None) -> Response:
    """Always 200, as FHIR has it, when there was something to judge."""
    try:
        message = sent(_of_kind(_parameter(document), kind))
        with runtime().sessions.begin() as session:
            judged = message.judge(clock.now(session))
    except FhirRefused as refused:
        return answer(operation_outcome(refused.issues), 400 if refused.status == 400 else 200)
    return answer(operation_outcome([*judged.asked, *message.remarks()] or [_fine()]))


def _parameter(document: Any) -> Any:
    """The resource, also where it stands in Parameters."""
    if not isinstance(document, dict) or document.get("resourceType") != "Parameters":
        return document
    named = document.get("parameter")
    parts = [part for part in named if isinstance(part, dict)] if isinstance(named, list) else []
    return next((part.get("resource") for part in parts if part.get("name") == "resource"), None)


def _of_kind(document: Any, kind: str | None) -> Any:
    if kind and isinstance(document, dict) and document.get("resourceType") not in (kind, None):
        raise FhirRefused(422, [Issue("invalid", f"Send a {kind} to this address.", "resourceType")])
    return document


def _fine() -> Issue:
    return Issue("informational", "All is well.", severity="information")
