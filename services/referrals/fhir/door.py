"""The door for health records: a Bundle or a ServiceRequest in, what became of it or an OperationOutcome out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.chassis import clock, identity
from services.chassis.api import runtime
from services.chassis.fhir import FHIR_JSON, FhirRefused, Issue, answer, operation_outcome, speaks_fhir
from services.referrals.fhir.answering import Shown, asked_by, message_response, transaction_response
from services.referrals.fhir.body import document_of
from services.referrals.fhir.capability import capability_statement
from services.referrals.fhir.conditions import there_already
from services.referrals.fhir.follow import order_shown, people_shown, task_shown
from services.referrals.fhir.taking import Judged, Sent, kept, sent
from services.referrals.fhir.validating import validated
from services.referrals.models import Referral

BASE = "/api/referrals/fhir"
WITH_FORM = {"transaction": ("Task", "ServiceRequest", "Patient", "Practitioner"), "message": ("Task",)}
"""Type of a Bundle that is answered by one of its kind → the resources that this is made of."""

blueprint = Blueprint("fhir", __name__, description="FHIR R4: taking orders in")
speaks_fhir(blueprint)


def _takes(what: str) -> Any:
    return blueprint.doc(
        requestBody={"required": True, "content": {FHIR_JSON: {"schema": {"type": "object"}}}},
        responses={"200": {"description": what}, "422": {"description": "An OperationOutcome"}},
    )


@blueprint.post("/fhir")
@identity.requires("physician", "desk")
@_takes("A FHIR R4 Task; to a transaction a transaction-response, to a message a message; 201 when it is new")
def take_in_fhir() -> Response:
    return _take_in(sent(_document()), "Task")


@blueprint.post("/fhir/ServiceRequest")
@identity.requires("physician", "desk")
@_takes("The ServiceRequest as it was understood, 201 when it is new")
def create_order() -> Response:
    return _take_in(sent(_of_kind(_document(), "ServiceRequest")), "ServiceRequest")


@blueprint.post("/fhir/$process-message")
@identity.requires("physician", "desk")
@_takes("The message that answers")
def process_message() -> Response:
    message = sent(_of_kind(_document(), "Bundle"))
    if _form(message) != "message":
        raise FhirRefused(422, [Issue("invalid", "Send a Bundle of type message to this address.", "Bundle.type")])
    return _take_in(message, "Task")


@blueprint.post("/fhir/$validate")
@identity.requires("physician", "desk")
@_takes("An OperationOutcome; nothing is written")
def validate() -> Response:
    return _validated(None)


@blueprint.post("/fhir/<any(ServiceRequest, Bundle):kind>/$validate")
@identity.requires("physician", "desk")
@_takes("An OperationOutcome; nothing is written")
def validate_kind(kind: str) -> Response:
    return _validated(kind)


@blueprint.get("/fhir/metadata")
def tell_capabilities() -> Response:
    """What this interface can do; open to everybody, as FHIR asks."""
    return answer(capability_statement(_base()))


def _take_in(message: Sent, kind: str) -> Response:
    with runtime().sessions.begin() as session:
        judged = message.judge(now := clock.now(session))
        if _form(message) == "message":
            asked_by(message)
        earlier = there_already(session, message.condition())
        referral, new = (earlier, False) if earlier else kept(session, message, judged, now)
        shown = _shown(session, referral, WITH_FORM.get(_form(message) or "", (kind,)), new=new)
        return _told(message, judged, referral, shown, kind, new=new)


def _shown(session: Session, referral: Referral, kinds: Sequence[str], *, new: bool) -> Shown:
    people = people_shown(referral) if "Patient" in kinds else {}
    task = {"Task": task_shown(None if new else session, referral)} if "Task" in kinds else {}
    order = {"ServiceRequest": order_shown(referral)} if "ServiceRequest" in kinds else {}
    return {**task, **order, **people}


def _told(message: Sent, judged: Judged, referral: Referral, shown: Shown, kind: str, *, new: bool) -> Response:
    told = [*judged.asked, *message.remarks()]
    preferred = _preferred()
    body: dict[str, Any] | None = shown[kind]
    if _form(message) == "transaction":
        whole = "return=representation" in preferred
        body = transaction_response(message, shown, new=new, told=told, whole=whole)
    elif _form(message) == "message":
        body = message_response(message, shown, _base(), told=told)
    elif "return=OperationOutcome" in preferred:
        body = operation_outcome(told or [_fine()])
    elif "return=minimal" in preferred:
        body = None
    headers = {"Location": f"{BASE}/{kind}/{referral.id}", "ETag": f'W/"{referral.version}"'}
    return answer(body, 201 if new else 200, headers)


def _form(message: Sent) -> str | None:
    form: str | None = message.message.root.child("type").value
    return form if message.message.root.value["resourceType"] == "Bundle" else None


def _base() -> str:
    return f"{request.host_url.rstrip('/')}{BASE}"


def _preferred() -> set[str]:
    return {part.strip() for part in request.headers.get("Prefer", "").replace(";", ",").split(",")}


def _validated(kind: str | None) -> Response:
    """Always 200, as FHIR has it, when there was something to judge."""
    options = {name: request.args.get(name) for name in ("mode", "profile")}
    with runtime().sessions.begin() as session:
        now = clock.now(session)
    try:
        issues = validated(_document(), kind, options, now)
    except FhirRefused as refused:
        return answer(operation_outcome(refused.issues), 400 if refused.status == 400 else 200)
    return answer(operation_outcome(issues or [_fine()]))


def _document() -> Any:
    return document_of(request.get_data())


def _of_kind(document: Any, kind: str) -> Any:
    if isinstance(document, dict) and document.get("resourceType") not in (kind, None):
        raise FhirRefused(422, [Issue("invalid", f"Send a {kind} to this address.", "resourceType")])
    return document


def _fine() -> Issue:
    return Issue("informational", "All is well.", severity="information")
