"""The HTTP interface of referrals."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from flask import Flask, jsonify
from flask_smorest import Blueprint
from sqlalchemy import select

from services.chassis import audit, clock, identity, logs, settings
from services.chassis.api import create_app, runtime
from services.chassis.refusals import NotFound
from services.chassis.runtime import start
from services.referrals import office
from services.referrals.batch.api import blueprint as imports_blueprint
from services.referrals.course.changes import blueprint as changes_blueprint
from services.referrals.course.stages_api import blueprint as stages_blueprint
from services.referrals.fhir.blueprints import BLUEPRINTS as FHIR
from services.referrals.intake.complete import complete
from services.referrals.intake.open_intake import OpenIntakeSchema
from services.referrals.intake.reading import read, read_open
from services.referrals.intake.receive import receive
from services.referrals.intake.schemas import IntakeSchema
from services.referrals.models import Patient, Referral
from services.referrals.paper.api import blueprint as documents_blueprint
from services.referrals.paper.forms_api import blueprint as forms_blueprint
from services.referrals.paper.typing_api import blueprint as typing_blueprint
from services.referrals.people.patients_api import blueprint as patients_blueprint
from services.referrals.people.physicians_api import blueprint as physicians_blueprint
from services.referrals.privacy.api import blueprint as privacy_blueprint
from services.referrals.reports_api import COUNTS
from services.referrals.reports_api import blueprint as reports_blueprint
from services.referrals.schemas import IntakeQuery, ListedReferralSchema, ListQuery, NamesSchema, ReferralSchema
from services.referrals.settings import Settings
from services.referrals.view import listed, named
from services.referrals.whose import own, theirs

blueprint = Blueprint("referrals", __name__, description="Referrals")

_more = OpenIntakeSchema(partial=True)

OURS = [
    blueprint,
    changes_blueprint,
    patients_blueprint,
    physicians_blueprint,
    stages_blueprint,
    reports_blueprint,
    documents_blueprint,
    forms_blueprint,
    typing_blueprint,
    imports_blueprint,
    privacy_blueprint,
]


@blueprint.post("")
@identity.requires("physician", "desk")
@blueprint.arguments(IntakeQuery, location="query")
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": IntakeSchema}}})
@blueprint.response(201, ReferralSchema)
@blueprint.alt_response(200, schema=ReferralSchema, description="The same referral, sent again")
def take_in(query: dict[str, Any]) -> Any:
    document = office.json_body()
    with runtime().sessions.begin() as session:
        now = clock.now(session)
        rules = office.calendar(now), office.table()
        intake, missing = read_open(document, *rules) if query["incomplete"] else (read(document, *rules), ())
        referral, new = receive(session, runtime().outbox, office.vault(), intake, now, missing)
        return office.answer(referral, 201 if new else 200)


@blueprint.patch("/<uuid:referral_id>")
@identity.requires("desk", "therapist", "physician")
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": _more}}})
@blueprint.response(200, ReferralSchema)
@blueprint.alt_response(409, description="nothing_missing: the referral does not wait for information")
def fill_in(referral_id: UUID) -> Any:
    """Tell what was missing; only what is told now."""
    more = office.json_object()
    with office.acting_on(referral_id) as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault(), office.table())
        calendar = office.calendar(now)
        return office.answer(complete(session, *desk, referral_id, more, now=now, calendar=calendar))


@blueprint.get("")
@identity.requires("desk", "therapist", "physician")
@blueprint.arguments(ListQuery, location="query")
@blueprint.response(200, ListedReferralSchema(many=True))
def list_referrals(query: dict[str, Any]) -> Any:
    newest = select(Referral).where(own()).order_by(Referral.id.desc()).limit(query["limit"])
    if query["status"]:
        newest = newest.where(Referral.status == query["status"])
    with runtime().sessions.begin() as session:
        return jsonify([listed(referral) for referral in session.scalars(newest)])


@blueprint.get("/<uuid:referral_id>")
@identity.requires("desk", "therapist", "physician", "service")
@blueprint.response(200, ReferralSchema)
def show(referral_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        referral = session.get(Referral, referral_id)
        if referral is None or not theirs(referral):
            raise NotFound
        audit.record(session, "referral_read", "referral", referral.id)
        return office.answer(referral)


@blueprint.post("/patients/names")
@identity.requires("desk", "therapist")
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": NamesSchema}}})
def name_patients() -> Any:
    """Who these patients are, for a page of the desk: ids travel in the body, and each reading is noted."""
    ids = office.load(NamesSchema(), office.json_body())["patient_ids"]
    with runtime().sessions.begin() as session:
        found = session.scalars(select(Patient).where(Patient.id.in_(ids))).all()
        if found:
            audit.record_all(session, "patient_name_read", "patient", [patient.id for patient in found])
        return jsonify([named(patient, office.vault()) for patient in found])


def app_for(chosen: Settings) -> Flask:
    running = start("referrals", chosen)
    return create_app(running, [*OURS, *FHIR], title="Fascia referrals", counts=COUNTS)


def app() -> Flask:
    """What gunicorn serves: `services.referrals.api:app()`."""
    logs.configure("referrals-api")
    return app_for(settings.load(Settings, os.environ, "referrals"))
