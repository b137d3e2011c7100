"""By which an EHR follows its referral: each resource under its id. Who sent the order sees it, others find nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, context, identity
from services.chassis.api import runtime
from services.chassis.fhir import answer, speaks_fhir
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.fhir.shown_order import service_request_of
from services.referrals.fhir.shown_people import patient_of, practitioner_of
from services.referrals.fhir.shown_visit import appointment_of
from services.referrals.fhir.task import task_of
from services.referrals.models import Patient, Physician, Referral, Series, Visit

READERS = ("physician", "desk", "therapist")

blueprint = Blueprint("fhir_follow", __name__, description="FHIR R4: following an order")
speaks_fhir(blueprint)


@blueprint.get("/fhir/Task/<uuid:referral_id>")
@identity.requires(*READERS)
def show_task(referral_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        return _answer(task_shown(session, _read(session, referral_id)))


@blueprint.get("/fhir/ServiceRequest/<uuid:referral_id>")
@identity.requires(*READERS)
def show_order(referral_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        return _answer(order_shown(_read(session, referral_id)))


@blueprint.get("/fhir/Patient/<uuid:patient_id>")
@identity.requires(*READERS)
def show_patient(patient_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        patient = _person(session, Patient, patient_id)
        audit.record(session, "patient_read", "patient", patient.id)
        return _answer(patient_of(patient, office.vault().open(patient.contact)))


@blueprint.get("/fhir/Practitioner/<uuid:physician_id>")
@identity.requires(*READERS)
def show_practitioner(physician_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        physician = _person(session, Physician, physician_id)
        return _answer(practitioner_of(physician, office.vault().open(physician.contact)))


@blueprint.get("/fhir/Appointment/<uuid:visit_id>")
@identity.requires(*READERS)
def show_appointment(visit_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        visit = session.get(Visit, visit_id)
        if visit is None:
            raise NotFound
        return _answer(appointment_of(visit, _read(session, visit.referral_id)))


def order_shown(referral: Referral) -> dict[str, Any]:
    vault = office.vault()
    return service_request_of(referral, vault.open(referral.clinical), vault.open(referral.patient.contact))


def task_shown(session: Session | None, referral: Referral) -> dict[str, Any]:
    """Without a session: of a referral that has no series yet."""
    its = select(Series.id).where(Series.referral_id == referral.id).order_by(Series.id)
    return task_of(referral, office.vault(), session.scalars(its).all() if session else ())


def own() -> Any:
    """Which referrals the caller may see: a physician's office those that it sent."""
    who = context.actor.get()
    return Referral.received_from == who.id if identity.outside() else Referral.id.is_not(None)


def _read(session: Session, referral_id: UUID) -> Referral:
    referral = session.scalar(select(Referral).where(Referral.id == referral_id, own()))
    if referral is None:
        raise NotFound
    audit.record(session, "referral_read", "referral", referral.id)
    return referral


def _person(session: Session, kind: type[Any], its_id: UUID) -> Any:
    """Somebody on a referral that the caller may see."""
    column = Referral.patient_id if kind is Patient else Referral.physician_id
    seen = select(Referral.id).where(column == its_id, own()).exists()
    person = session.scalar(select(kind).where(kind.id == its_id, seen))
    if person is None:
        raise NotFound
    return person


def _answer(resource: dict[str, Any]) -> Response:
    version = resource.get("meta", {}).get("versionId")
    return answer(resource, headers={"ETag": f'W/"{version}"'} if version else {})
