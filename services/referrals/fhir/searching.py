"""Searches of FHIR that an EHR needs in order to follow its orders."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, redirect, request
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import identity
from services.chassis.api import runtime
from services.chassis.fhir import FhirRefused, Issue, searchset, speaks_fhir
from services.referrals.fhir.finding import Page, page
from services.referrals.fhir.follow import READERS, order_shown, tasks_shown
from services.referrals.fhir.parameters import AFTER, asked_for, refuse
from services.referrals.fhir.shown_visit import appointment_of
from services.referrals.models import Visit

PARAMETERS = {
    "Task": ("_id", "identifier", "based-on", "focus", "patient", "_lastUpdated"),
    "ServiceRequest": ("_id", "identifier", "patient", "_lastUpdated"),
    "Appointment": ("based-on", "patient"),
    "DiagnosticReport": ("based-on",),
    "Communication": ("based-on",),
}
ELSEWHERE = {
    "DiagnosticReport": "/api/booking/fhir/DiagnosticReport",
    "Communication": "/api/notify/fhir/Communication",
}
"""Resources that another service owns: the caller is sent there, behind the same door, with the same token."""

blueprint = Blueprint("fhir_search", __name__, description="FHIR R4: searching")
speaks_fhir(blueprint)


@blueprint.route("/fhir/Task", methods=["GET"])
@blueprint.route("/fhir/Task/_search", methods=["POST"])
@identity.requires(*READERS)
def search_tasks() -> Response:
    with runtime().sessions.begin() as session:
        found = _page(session, "Task")
        return _answer(found, tasks_shown(session, found.found))


@blueprint.route("/fhir/ServiceRequest", methods=["GET"])
@blueprint.route("/fhir/ServiceRequest/_search", methods=["POST"])
@identity.requires(*READERS)
def search_orders() -> Response:
    with runtime().sessions.begin() as session:
        found = _page(session, "ServiceRequest")
        return _answer(found, [order_shown(one) for one in found.found])


@blueprint.route("/fhir/Appointment", methods=["GET"])
@blueprint.route("/fhir/Appointment/_search", methods=["POST"])
@identity.requires(*READERS)
def search_appointments() -> Response:
    with runtime().sessions.begin() as session:
        found = _page(session, "Appointment", required=True)
        referrals = {one.id: one for one in found.found}
        visits = select(Visit).where(Visit.referral_id.in_(referrals)).order_by(Visit.starts_at, Visit.id)
        shown = [appointment_of(one, referrals[one.referral_id]) for one in session.scalars(visits)]
        return _answer(Page(found.found, len(shown), found.more), shown)


@blueprint.get("/fhir/<any(DiagnosticReport, Communication):kind>")
@identity.requires(*READERS)
def search_elsewhere(kind: str) -> Response:
    with runtime().sessions.begin() as session:
        _page(session, kind, required=True)
    query = request.query_string.decode("ascii", "replace")
    return _sent_on(f"{ELSEWHERE[kind]}?{query}")


@blueprint.get("/fhir/<any(DiagnosticReport, Communication):kind>/<uuid:its_id>")
@identity.requires(*READERS)
def show_elsewhere(kind: str, its_id: str) -> Response:
    return _sent_on(f"{ELSEWHERE[kind]}/{its_id}")


@blueprint.route("/fhir/<path:address>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.doc(responses={"404": {"description": "An OperationOutcome"}})
def know_nothing(address: str) -> Response:
    """Whatever else is asked of the interface is answered in FHIR as well."""
    raise FhirRefused(404, [Issue("not-supported", "This is not offered; see /metadata.")])


def _page(session: Session, kind: str, *, required: bool = False) -> Page:
    """Raises `FhirRefused`, also where what is `required` does not narrow at all."""
    known = PARAMETERS[kind]
    asked = asked_for(_said(), known)
    if required and not asked.narrowing:
        refuse(known[0], f"Say which: {known[0]}=ServiceRequest/<id>.")
    return page(session, asked)


def _said() -> list[tuple[str, str]]:
    """From the address, and from the form of a search by POST."""
    return [*request.args.items(multi=True), *request.form.items(multi=True)]


def _answer(found: Page, shown: list[dict[str, object]]) -> Response:
    """With the link to the next page, which asks the same."""
    said = [pair for pair in _said() if pair[0] != AFTER]
    links = {"self": _said()}
    if found.more:
        links["next"] = [*said, (AFTER, str(found.found[-1].id))]
    base = request.base_url.removesuffix("/_search")
    urls = {name: f"{base}?{urlencode(pairs)}" if pairs else base for name, pairs in links.items()}
    return searchset(shown, base=base, total=found.total, links=urls)


def _sent_on(address: str) -> Response:
    """307: the same request, there."""
    return redirect(address, 307)  # type: ignore[return-value]
