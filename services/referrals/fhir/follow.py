"""By which an EHR follows its referral: each resource under its id. Who sent the order sees it, others find nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from services.chassis import audit, identity
from services.chassis.api import runtime
from services.chassis.fhir import answer, speaks_fhir
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.fhir.shown_order import service_request_of
from services.referrals.fhir.shown_people import patient_of, practitioner_of
from services.referrals.fhir.shown_visit import appointment_of
from services.referrals.fhir.task import task_of
from services.referrals.models import Patient, Physician, Referral, ReferralCopy, Series, Visit
from services.referrals.whose import own

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
    return tasks_shown(session, [referral])[0]


def tasks_shown(session: Session | None, referrals: Sequence[Referral]) -> list[dict[str, Any]]:
    ids = [one.id for one in referrals]
    its = select(Series.referral_id, Series.id).where(Series.referral_id.in_(ids)).order_by(Series.id)
    series: dict[UUID, list[UUID]] = defaultdict(list)
    for referral_id, series_id in session.execute(its) if session else ():
        series[referral_id].append(series_id)
    return [task_of(one, office.vault(), series[one.id]) for one in referrals]


def people_shown(referral: Referral) -> dict[str, dict[str, Any]]:
    vault, patient, physician = office.vault(), referral.patient, referral.physician
    return {
        "Patient": patient_of(patient, vault.open(patient.contact)),
        "Practitioner": practitioner_of(physician, vault.open(physician.contact)),
    }


def _read(session: Session, referral_id: UUID) -> Referral:
    referral = session.scalar(select(Referral).where(Referral.id == referral_id, own()))
    if referral is None:
        raise NotFound
    audit.record(session, "referral_read", "referral", referral.id)
    return referral


def _person(session: Session, kind: type[Any], its_id: UUID) -> Any:
    """Somebody on a referral that the caller may see."""
    on = Referral.patient_id == its_id if kind is Patient else _hears(its_id)
    seen = select(Referral.id).where(on, own()).exists()
    person = session.scalar(select(kind).where(kind.id == its_id, seen))
    if person is None:
        raise NotFound
    return person


def _hears(physician_id: UUID) -> ColumnElement[bool]:
    """Who sent it, or gets a copy."""
    return (Referral.physician_id == physician_id) | Referral.copies.any(ReferralCopy.physician_id == physician_id)


def _answer(resource: dict[str, Any]) -> Response:
    """304 without the resource for who has this version."""
    meta = resource["meta"]
    headers = {"ETag": f'W/"{meta["versionId"]}"'}
    if changed := meta.get("lastUpdated"):
        headers["Last-Modified"] = http_date(datetime.fromisoformat(changed))
    if request.if_none_match.contains_weak(meta["versionId"]):
        return answer(None, 304, headers)
    return answer(resource, headers=headers)
