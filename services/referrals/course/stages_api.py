"""How a referral goes on, over HTTP: what is asked, permitted, noted; when it is over."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import jsonify
from flask_smorest import Blueprint

from services.chassis import audit, clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.course import ending, versions
from services.referrals.course.stages import who_may
from services.referrals.intake import complete
from services.referrals.intake.schemas import PermissionSchema
from services.referrals.models import Referral
from services.referrals.review import decision as review
from services.referrals.review import permission
from services.referrals.review.schemas import AskSchema, CloseSchema, VersionSchema
from services.referrals.schemas import ReferralSchema

blueprint = Blueprint("stages", __name__, description="How a referral goes on, and ends")


@blueprint.post("/<uuid:referral_id>/review/start")
@identity.requires(*who_may("received", "in_review"))
@blueprint.response(200, ReferralSchema)
def start_review(referral_id: UUID) -> Any:
    """A therapist looks at it now."""
    with office.acting_on(referral_id) as session:
        return office.answer(review.start(session, referral_id, now=clock.now(session)))


@blueprint.post("/<uuid:referral_id>/reopen")
@identity.requires(*who_may("declined", "received"))
@blueprint.response(200, ReferralSchema)
@blueprint.alt_response(409, description="cannot_be_reopened: it was not declined today")
def reopen(referral_id: UUID) -> Any:
    """The decline was a mistake."""
    with office.acting_on(referral_id) as session:
        now, zone = clock.now(session), ZoneInfo(office.settings().timezone)
        return office.answer(review.reopen(session, runtime().outbox, referral_id, now=now, zone=zone))


@blueprint.post("/<uuid:referral_id>/ask")
@identity.requires(*who_may("received", "needs_information"))
@office.takes(blueprint, AskSchema)
@blueprint.response(200, ReferralSchema)
def ask(referral_id: UUID) -> Any:
    """Something else has to be known before the review."""
    names = office.load(AskSchema(), office.json_body())["names"]
    with office.acting_on(referral_id) as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        return office.answer(complete.ask(session, *desk, referral_id, names, now=now))


@blueprint.put("/<uuid:referral_id>/permission")
@identity.requires("desk", "therapist", "physician")
@office.takes(blueprint, PermissionSchema)
@blueprint.response(200, ReferralSchema)
def attach_permission(referral_id: UUID) -> Any:
    """The physician's answer to whether massage is safe."""
    schema = PermissionSchema()
    said: Any = schema.dump(office.load(schema, office.json_body()))
    with office.acting_on(referral_id) as session:
        return office.answer(permission.permit(session, office.vault(), referral_id, said))


@blueprint.post("/<uuid:referral_id>/contacted")
@identity.requires("desk", "therapist")
@blueprint.response(200, ReferralSchema)
def note_contact(referral_id: UUID) -> Any:
    """Somebody of the practice spoke with the patient."""
    with office.acting_on(referral_id) as session:
        return office.answer(permission.contacted(session, referral_id, now=clock.now(session)))


@blueprint.post("/<uuid:referral_id>/withdraw")
@identity.requires(*who_may("accepted", "withdrawn"))
@blueprint.response(200, ReferralSchema)
def withdraw(referral_id: UUID) -> Any:
    """The physician withdrew the order."""
    with office.acting_on(referral_id) as session:
        return office.answer(ending.withdraw(session, runtime().outbox, referral_id, now=clock.now(session)))


@blueprint.post("/<uuid:referral_id>/close")
@identity.requires(*who_may("accepted", "closed"))
@office.takes(blueprint, CloseSchema)
@blueprint.response(200, ReferralSchema)
def close(referral_id: UUID) -> Any:
    """The practice is done with it."""
    reason = office.load(CloseSchema(), office.json_body())["reason"]
    with office.acting_on(referral_id) as session:
        return office.answer(ending.close(session, runtime().outbox, referral_id, reason, now=clock.now(session)))


@blueprint.post("/<uuid:referral_id>/cancellation")
@identity.requires("desk", "physician")
@blueprint.response(200, ReferralSchema)
def ask_to_cancel(referral_id: UUID) -> Any:
    """The physician's office asks to cancel it; the practice decides."""
    with office.acting_on(referral_id) as session:
        return office.answer(ending.ask_to_cancel(session, runtime().outbox, referral_id, now=clock.now(session)))


@blueprint.delete("/<uuid:referral_id>/cancellation")
@identity.requires("desk")
@blueprint.response(200, ReferralSchema)
def keep_on(referral_id: UUID) -> Any:
    """It is not cancelled after all."""
    with office.acting_on(referral_id) as session:
        return office.answer(ending.keep_on(session, runtime().outbox, referral_id, now=clock.now(session)))


@blueprint.get("/<uuid:referral_id>/versions")
@identity.requires("desk", "therapist", "physician")
@blueprint.response(200, VersionSchema(many=True))
def show_versions(referral_id: UUID) -> Any:
    """What it authorised from when on, the newest first, and what each amendment changed."""
    with runtime().sessions.begin() as session:
        referral = session.get(Referral, referral_id)
        if referral is None:
            raise NotFound
        complete.mine(referral)
        audit.record(session, "referral_read", "referral", referral.id)
        return jsonify(versions.history(session, office.vault(), referral))
