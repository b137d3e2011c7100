"""Patients over HTTP: who may be one person, and how they are reached."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify
from flask_smorest import Blueprint
from sqlalchemy import select

from services.chassis import audit, clock, identity, versions
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.models import Patient, PatientMatch
from services.referrals.people import merge
from services.referrals.people import view as people_view
from services.referrals.people.contact import CONSENTS
from services.referrals.people.gone import PatientGone
from services.referrals.people.patients import correct, held_as_seen
from services.referrals.people.schemas import (
    MatchQuery,
    MatchSchema,
    PatientContactSchema,
    ShownPatientSchema,
    SidesSchema,
    UnmergeSchema,
)

blueprint = Blueprint("patients", __name__, description="Patients")


@blueprint.get("/patients/<uuid:patient_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, ShownPatientSchema)
def show_patient(patient_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        patient = session.get(Patient, patient_id)
        if patient is None:
            raise NotFound
        audit.record(session, "patient_read", "patient", patient.id)
        return _tagged(people_view.patient(session, office.vault(), patient), patient)


@blueprint.put("/patients/<uuid:patient_id>/contact")
@identity.requires("desk")
@office.takes(blueprint, PatientContactSchema)
@blueprint.response(200, ShownPatientSchema)
@blueprint.alt_response(412, description="stale_version, with the current one")
def correct_contact(patient_id: UUID) -> Any:
    """What is told counts from now on, and is told on; only what is told changes. Heeds If-Match."""
    told = office.load(PatientContactSchema(), office.json_body())
    vault = office.vault()
    with runtime().sessions.begin() as session:
        patient = session.get(Patient, patient_id)
        if patient is None:
            raise NotFound
        if patient.erased_at:
            raise PatientGone
        top = held_as_seen(session, patient, versions.expected())
        now = clock.now(session)
        changes = correct(session, vault, top, _news(vault.open(top.contact), told), source="desk", now=now)
        runtime().outbox.record(session, *changes)
        audit.record_all(session, "patient_contact_changed", "patient", [one.patient_id for one in changes])
        return _tagged(people_view.patient(session, vault, top), patient)


def _tagged(shown: dict[str, Any], asked: Patient) -> Any:
    """With the version of the record that was asked for, whichever counts for it."""
    return jsonify(shown), 200, {"ETag": versions.tag(asked.version)}


def _news(held: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A page sends consents along unchanged: that is nothing new that the patient said."""
    dated = {**told, "born_on": told["born_on"].isoformat()} if "born_on" in told else told
    return {name: dated[name] for name in dated if name not in CONSENTS.values() or dated[name] != held.get(name)}


@blueprint.get("/patients/matches")
@identity.requires("desk")
@blueprint.arguments(MatchQuery, location="query")
@blueprint.response(200, MatchSchema(many=True))
def list_matches(query: dict[str, Any]) -> Any:
    """Pairs that may be one person, the oldest first, with the reasons of their score."""
    raised = select(PatientMatch).where(PatientMatch.verdict == query["verdict"]).order_by(PatientMatch.id)
    with runtime().sessions.begin() as session:
        rows = session.scalars(raised.limit(query["limit"])).all()
        shown = {id_ for row in rows for id_ in (row.patient_id, row.other_id)}
        audit.record_all(session, "patient_name_read", "patient", sorted(shown))
        return jsonify(people_view.matches(session, office.vault(), rows))


@blueprint.post("/patients/merge")
@identity.requires("desk")
@office.takes(blueprint, SidesSchema)
@blueprint.response(200, ShownPatientSchema)
def post_merge() -> Any:
    """The two are one person. Nothing is moved, and it can be undone."""
    sides = office.load(SidesSchema(), office.json_body())
    with runtime().sessions.begin() as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        kept = merge.merge(session, *desk, **sides, now=now)
        return jsonify(people_view.patient(session, office.vault(), kept))


@blueprint.post("/patients/unmerge")
@identity.requires("desk")
@office.takes(blueprint, UnmergeSchema)
@blueprint.response(200, ShownPatientSchema)
def post_unmerge() -> Any:
    """They are two after all."""
    told = office.load(UnmergeSchema(), office.json_body())
    with runtime().sessions.begin() as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        alone = merge.unmerge(session, *desk, **told, now=now)
        return jsonify(people_view.patient(session, office.vault(), alone))


@blueprint.post("/patients/matches/<uuid:match_id>/apart")
@identity.requires("desk")
@blueprint.response(200, MatchSchema)
def post_apart(match_id: UUID) -> Any:
    """They are two people; nobody asks again."""
    with runtime().sessions.begin() as session:
        match = merge.keep_apart(session, runtime().outbox, match_id, now=clock.now(session))
        return jsonify(people_view.matches(session, office.vault(), [match])[0])
