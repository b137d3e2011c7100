"""What becomes of a referral after it came in, over HTTP: reviewed, and amended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify, request
from flask_smorest import Blueprint

from services.chassis import audit, clock, identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.course import amend
from services.referrals.course.coverage import doubts
from services.referrals.course.stages import may_move, who_may
from services.referrals.events import terms_of
from services.referrals.models import Referral
from services.referrals.review import accept as accepting
from services.referrals.review import decision as review
from services.referrals.review import gate
from services.referrals.review.accept import Review
from services.referrals.review.schemas import AmendSchema, DeclineSchema, FindingsSchema, ReviewSchema
from services.referrals.schemas import ReferralSchema

blueprint = Blueprint("changes", __name__, description="Review and amendment")


@blueprint.get("/<uuid:referral_id>/findings")
@identity.requires("therapist")
@blueprint.response(200, FindingsSchema)
def show_findings(referral_id: UUID) -> Any:
    """What the safety gate says: contraindications, those that follow from the diagnoses too, and the ceiling."""
    vault = office.vault()
    with runtime().sessions.begin() as session:
        referral = session.get(Referral, referral_id)
        if referral is None:
            raise NotFound
        audit.record(session, "referral_read", "referral", referral.id)
        reviewed = vault.open(referral.review) if referral.review else {}
        found = gate.findings(office.table(), vault.open(referral.clinical), reviewed).to_json()
        waiting = may_move(referral.status, "accepted")
        terms = terms_of(referral) if waiting else None
        found["doubts"] = doubts(terms, office.calendar(clock.now(session)).today) if terms else ()
    del found["certifications_lacking"]
    return jsonify(found)


@blueprint.post("/<uuid:referral_id>/accept")
@identity.requires(*who_may("received", "accepted"))
@office.takes(blueprint, ReviewSchema, required=False)
@blueprint.response(200, ReferralSchema)
@blueprint.alt_response(
    409, description="contraindicated: contact the physician; coverage_doubtful: accept it knowingly"
)
@blueprint.alt_response(412, description="stale_version, with the current one")
def accept(referral_id: UUID) -> Any:
    stricter = Review(**office.load(ReviewSchema(), office.json_body() if request.get_data() else {}))
    with office.acting_on(referral_id) as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault(), office.table())
        today, unused = office.calendar(now).today, office.settings().unused_visits
        return office.answer(
            accepting.accept(session, *desk, referral_id, stricter, now=now, today=today, unused=unused)
        )


@blueprint.post("/<uuid:referral_id>/decline")
@identity.requires(*who_may("received", "declined"))
@office.takes(blueprint, DeclineSchema)
@blueprint.response(200, ReferralSchema)
def decline(referral_id: UUID) -> Any:
    said = office.load(DeclineSchema(), office.json_body())
    with office.acting_on(referral_id) as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault())
        return office.answer(review.decline(session, *desk, referral_id, now=now, **said))


@blueprint.post("/<uuid:referral_id>/amend")
@identity.requires("desk", "therapist")
@office.takes(blueprint, AmendSchema)
@blueprint.response(200, ReferralSchema)
@blueprint.alt_response(409, description="not_accepted: the referral was not accepted, or was withdrawn")
def post_amend(referral_id: UUID) -> Any:
    """The physician changed the order."""
    changes = office.load(AmendSchema(), office.json_body())
    with office.acting_on(referral_id) as session:
        now, desk = clock.now(session), (runtime().outbox, office.vault(), office.table())
        calendar = office.calendar(now)
        return office.answer(amend.amend(session, *desk, referral_id, changes, now=now, calendar=calendar))
