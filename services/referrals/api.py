"""The HTTP interface of referrals."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from flask_smorest import Blueprint
from sqlalchemy import select

from services.chassis import audit, clock, context, identity, logs, settings
from services.chassis.api import create_app, runtime
from services.chassis.refusals import NotFound
from services.chassis.runtime import start
from services.referrals import office, review
from services.referrals.fhir.door import blueprint as fhir_blueprint
from services.referrals.intake import read
from services.referrals.models import Patient, Referral
from services.referrals.receive import receive
from services.referrals.schemas import (
    DeclineSchema,
    IntakeSchema,
    ListedReferralSchema,
    ListQuery,
    NamesSchema,
    ReferralSchema,
    ReviewSchema,
)
from services.referrals.settings import Settings
from services.referrals.stages import who_may
from services.referrals.view import detailed, listed, named

COUNTS = {
    "fascia_referrals": ("Referrals by status.", "SELECT status, count(*) FROM referrals GROUP BY status"),
}

blueprint = Blueprint("referrals", __name__, description="Referrals")


@blueprint.post("")
@identity.requires("physician", "desk")
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": IntakeSchema}}})
@blueprint.response(201, ReferralSchema)
@blueprint.alt_response(200, schema=ReferralSchema, description="The same referral, sent again")
def take_in() -> Any:
    document = office.json_body()
    with runtime().sessions.begin() as session:
        now = clock.now(session)
        intake = read(document, office.calendar(now))
        referral, new = receive(session, runtime().outbox, office.vault(), intake, now)
        return _answer(referral, 201 if new else 200)


@blueprint.get("")
@identity.requires("desk", "therapist", "physician")
@blueprint.arguments(ListQuery, location="query")
@blueprint.response(200, ListedReferralSchema(many=True))
def list_referrals(query: dict[str, Any]) -> Any:
    newest = select(Referral).order_by(Referral.id.desc()).limit(query["limit"])
    if query["status"]:
        newest = newest.where(Referral.status == query["status"])
    if _only_own():
        newest = newest.where(Referral.received_from == context.actor.get().id)
    with runtime().sessions.begin() as session:
        return jsonify([listed(referral) for referral in session.scalars(newest)])


@blueprint.get("/<uuid:referral_id>")
@identity.requires("desk", "therapist", "physician", "service")
@blueprint.response(200, ReferralSchema)
def show(referral_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        referral = session.get(Referral, referral_id)
        if referral is None or (_only_own() and referral.received_from != context.actor.get().id):
            raise NotFound
        audit.record(session, "referral_read", "referral", referral.id)
        return _answer(referral, 200)


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


@blueprint.post("/<uuid:referral_id>/accept")
@identity.requires(*who_may("accepted"))
@blueprint.doc(requestBody={"required": False, "content": {"application/json": {"schema": ReviewSchema}}})
@blueprint.response(200, ReferralSchema)
def accept(referral_id: UUID) -> Any:
    stricter = office.load(ReviewSchema(), office.json_body() if request.get_data() else {})
    with runtime().sessions.begin() as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        referral = review.accept(session, *desk, referral_id, now=now, today=office.calendar(now).today, **stricter)
        return _answer(referral, 200)


@blueprint.post("/<uuid:referral_id>/decline")
@identity.requires(*who_may("declined"))
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": DeclineSchema}}})
@blueprint.response(200, ReferralSchema)
def decline(referral_id: UUID) -> Any:
    said = office.load(DeclineSchema(), office.json_body())
    with runtime().sessions.begin() as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        referral = review.decline(session, *desk, referral_id, now=now, **said)
        return _answer(referral, 200)


def _only_own() -> bool:
    """A physician's office sees the referrals that it sent."""
    return not context.actor.get().roles - {"physician"}


def _answer(referral: Referral, status: int) -> Response:
    response = jsonify(detailed(referral, office.vault()))
    response.status_code = status
    if status == 201:
        response.headers["Location"] = office.address(referral)
    return response


def app_for(chosen: Settings) -> Flask:
    running = start("referrals", chosen)
    return create_app(running, [blueprint, fhir_blueprint], title="Fascia referrals", counts=COUNTS)


def app() -> Flask:
    """What gunicorn serves: `services.referrals.api:app()`."""
    logs.configure("referrals-api")
    return app_for(settings.load(Settings, os.environ, "referrals"))
