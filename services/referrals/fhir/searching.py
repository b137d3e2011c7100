"""Searches of FHIR that an EHR needs in order to follow an order: by order, by number, by id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn
from uuid import UUID

from flask import Response, redirect, request
from flask_smorest import Blueprint
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.chassis import audit, identity
from services.chassis.api import runtime
from services.chassis.fhir import FhirRefused, Issue, searchset, speaks_fhir
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.fhir import vocabulary
from services.referrals.fhir.follow import READERS, order_shown, own, task_shown
from services.referrals.fhir.shown_visit import appointment_of
from services.referrals.models import PlacerNumber, Referral, Visit

MOST = 100
"""Resources in one answer, the newest first."""
ELSEWHERE = {
    "DiagnosticReport": "/api/booking/fhir/DiagnosticReport",
    "Communication": "/api/notify/fhir/Communication",
}
"""Resources that another service owns: the caller is sent there, behind the same door, with the same token."""

blueprint = Blueprint("fhir_search", __name__, description="FHIR R4: searching")
speaks_fhir(blueprint)


@blueprint.get("/fhir/Task")
@identity.requires(*READERS)
def search_tasks() -> Response:
    with runtime().sessions.begin() as session:
        found = _referrals(session, ("_id", "identifier", "based-on", "focus"))
        return searchset([task_shown(session, one) for one in found])


@blueprint.get("/fhir/ServiceRequest")
@identity.requires(*READERS)
def search_orders() -> Response:
    with runtime().sessions.begin() as session:
        return searchset([order_shown(one) for one in _referrals(session, ("_id", "identifier"))])


@blueprint.get("/fhir/Appointment")
@identity.requires(*READERS)
def search_appointments() -> Response:
    with runtime().sessions.begin() as session:
        referrals = {one.id: one for one in _referrals(session, ("based-on",), required=True)}
        visits = select(Visit).where(Visit.referral_id.in_(referrals)).order_by(Visit.starts_at, Visit.id)
        return searchset([appointment_of(one, referrals[one.referral_id]) for one in session.scalars(visits)])


@blueprint.get("/fhir/<any(DiagnosticReport, Communication):kind>")
@identity.requires(*READERS)
def search_elsewhere(kind: str) -> Response:
    with runtime().sessions.begin() as session:
        _referrals(session, ("based-on",), required=True)
    query = request.query_string.decode("ascii", "replace")
    return _sent_on(f"{ELSEWHERE[kind]}?{query}")


@blueprint.get("/fhir/<any(DiagnosticReport, Communication):kind>/<uuid:its_id>")
@identity.requires(*READERS)
def show_elsewhere(kind: str, its_id: UUID) -> Response:
    return _sent_on(f"{ELSEWHERE[kind]}/{its_id}")


@blueprint.route("/fhir/<path:address>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.doc(responses={"404": {"description": "An OperationOutcome"}})
def know_nothing(address: str) -> Response:
    """Whatever else is asked of the interface is answered in FHIR as well."""
    raise FhirRefused(404, [Issue("not-supported", "This is not offered; see /metadata.")])


def by_identifier(session: Session, said: str) -> Referral:
    """The caller's own, by its placer's number or by ours: `system|value`. Raises `NotFound`."""
    system, _, number = said.replace("\x00", "").rpartition("|")
    if system == vocabulary.REFERENCE:
        query = select(Referral).where(Referral.reference == number)
    else:
        key = office.vault().hash("placer", system, number)
        query = select(Referral).join(PlacerNumber, PlacerNumber.referral_id == Referral.id)
        query = query.where(PlacerNumber.key == key)
    found = session.scalar(query.where(own()))
    if found is None:
        raise NotFound
    return found


def _referrals(session: Session, known: tuple[str, ...], *, required: bool = False) -> Sequence[Referral]:
    """Those that the parameters of the request describe; a parameter that is not `known` is refused, because to
    ignore it would tell more than was asked for."""
    said = {name: value for name, value in request.args.items() if name in known or not name.startswith("_")}
    for name in said:
        if name not in known:
            _refuse(f"Search by {', '.join(known)}.", name)
    if required and not said:
        _refuse(f"Say which: {known[0]}=ServiceRequest/<id>.", known[0])
    found = _all_of(session, said)
    audit.record_all(session, "referral_read", "referral", [one.id for one in found])
    return found


def _all_of(session: Session, said: dict[str, str]) -> Sequence[Referral]:
    query: Select[Any] = select(Referral).where(own()).order_by(Referral.id.desc()).limit(MOST)
    for name, value in said.items():
        narrowed = _NARROWED[name](session, value)
        if narrowed is None:
            return []
        query = query.where(Referral.id == narrowed)
    return session.scalars(query).all()


def _numbered(session: Session, value: str) -> UUID | None:
    try:
        return by_identifier(session, value).id
    except NotFound:
        return None


def _named(session: Session, value: str) -> UUID | None:
    try:
        return UUID(value.removeprefix("ServiceRequest/"))
    except ValueError:
        return None


_NARROWED: dict[str, Callable[[Session, str], UUID | None]] = {
    "_id": _named,
    "based-on": _named,
    "focus": _named,
    "identifier": _numbered,
}


def _refuse(text: str, name: str) -> NoReturn:
    raise FhirRefused(400, [Issue("not-supported", text, f"http.{name}" if name.isidentifier() else None)])


def _sent_on(address: str) -> Response:
    """307: the same request, there."""
    return redirect(address, 307)  # type: ignore[return-value]
