"""Physicians over HTTP: how they are reached, and who may say so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, clock, identity, versions
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.models import Decision, Physician, PhysicianProposal
from services.referrals.people import proposals
from services.referrals.people import view as people_view
from services.referrals.people.physicians import put
from services.referrals.people.schemas import (
    PhysicianChangesSchema,
    ProposalQuery,
    ProposalSchema,
    ShownPhysicianSchema,
)

blueprint = Blueprint("physicians", __name__, description="Physicians")


@blueprint.get("/physicians/<uuid:physician_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, ShownPhysicianSchema)
def show_physician(physician_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        return _tagged(people_view.physician(session, office.vault(), _known(session, physician_id)))


@blueprint.put("/physicians/<uuid:physician_id>/contact")
@identity.requires("desk")
@office.takes(blueprint, PhysicianChangesSchema)
@blueprint.response(200, ShownPhysicianSchema)
@blueprint.alt_response(412, description="stale_version, with the current one")
def correct_physician(physician_id: UUID) -> Any:
    """What is told counts from now on; only what is told changes. Heeds If-Match."""
    told = office.load(PhysicianChangesSchema(), office.json_body())
    with runtime().sessions.begin() as session:
        physician = _known(session, physician_id, lock=True)
        versions.heed(versions.expected(), physician.version)
        if changed := put(session, office.vault(), physician, told):
            runtime().outbox.record(session, changed)
            audit.record(session, "physician_contact_changed", "physician", physician.id)
        return _tagged(people_view.physician(session, office.vault(), physician))


@blueprint.put("/physicians/<uuid:physician_id>/accounts/<string(maxlength=100):account>")
@identity.requires("admin")
@blueprint.response(200, ShownPhysicianSchema)
def bind_account(physician_id: UUID, account: str) -> Any:
    """What this account says of the physician's contact counts at once."""
    with runtime().sessions.begin() as session:
        proposals.bind(session, physician_id, account)
        return jsonify(people_view.physician(session, office.vault(), _known(session, physician_id)))


@blueprint.delete("/physicians/<uuid:physician_id>/accounts/<string(maxlength=100):account>")
@identity.requires("admin")
@blueprint.response(200, ShownPhysicianSchema)
def release_account(physician_id: UUID, account: str) -> Any:
    with runtime().sessions.begin() as session:
        proposals.release(session, physician_id, account)
        return jsonify(people_view.physician(session, office.vault(), _known(session, physician_id)))


@blueprint.get("/physicians/proposals")
@identity.requires("desk")
@blueprint.arguments(ProposalQuery, location="query")
@blueprint.response(200, ProposalSchema(many=True))
def list_proposals(query: dict[str, Any]) -> Any:
    """Contacts that came with referrals and differ from what is known, the oldest first."""
    wanted = select(PhysicianProposal).where(PhysicianProposal.decision == query["decision"])
    with runtime().sessions.begin() as session:
        rows = session.scalars(wanted.order_by(PhysicianProposal.id).limit(query["limit"])).all()
        return jsonify(people_view.proposals(session, office.vault(), rows))


@blueprint.post("/physicians/proposals/<uuid:proposal_id>/confirm")
@identity.requires("desk", "physician")
@blueprint.response(200, ProposalSchema)
def confirm(proposal_id: UUID) -> Any:
    """It is used from now on."""
    return _decide(proposal_id, "confirmed")


@blueprint.post("/physicians/proposals/<uuid:proposal_id>/refuse")
@identity.requires("desk", "physician")
@blueprint.response(200, ProposalSchema)
def refuse(proposal_id: UUID) -> Any:
    """It is not the physician's; the same is not proposed again."""
    return _decide(proposal_id, "refused")


def _decide(proposal_id: UUID, decision: Decision) -> Any:
    with runtime().sessions.begin() as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        proposal = proposals.decide(session, *desk, proposal_id, decision, now=now)
        return jsonify(people_view.proposals(session, office.vault(), [proposal])[0])


def _tagged(shown: dict[str, Any]) -> Any:
    return jsonify(shown), 200, {"ETag": versions.tag(shown["version"])}


def _known(session: Session, physician_id: UUID, *, lock: bool = False) -> Physician:
    physician = session.get(Physician, physician_id, with_for_update={"key_share": True} if lock else None)
    if physician is None:
        raise NotFound
    return physician
