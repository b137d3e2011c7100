"""The therapist's review: begun, ended with a decision, and a decline taken back."""

from __future__ import annotations

from datetime import datetime, tzinfo
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.chassis.vault import Vault
from services.contracts.referrals import ReferralDeclined, ReferralReceived
from services.referrals.course.stages import Stage, may_move
from services.referrals.events import obstacles_raised, obstacles_settled, of_referral
from services.referrals.models import Referral
from services.referrals.people.gone import must_be_there


class AlreadyReviewed(Refusal):
    message = "This referral has been reviewed."


class CannotBeReopened(Refusal):
    """Facts: status."""

    message = "Only a decline of today can be undone."


def start(session: Session, referral_id: UUID, *, now: datetime) -> Referral:
    """A therapist looks at it; starting again changes nothing. Raises `NotFound`, `AlreadyReviewed`."""
    referral = locked(session, referral_id)
    if referral.status == "in_review":
        return referral
    if not may_move(referral.status, "in_review"):
        raise AlreadyReviewed(status=referral.status)
    referral.status, referral.review_started_at = "in_review", now
    referral.reviewed_by = context.actor.get().id
    referral.version += 1
    session.flush()
    audit.record(session, "referral_in_review", "referral", referral.id, version=referral.version)
    return referral


def reopen(session: Session, outbox: Outbox, referral_id: UUID, *, now: datetime, zone: tzinfo) -> Referral:
    """The decline was a mistake, and it is still the same day. Raises `NotFound`, `CannotBeReopened`."""
    referral = locked(session, referral_id)
    day = referral.reviewed_at.astimezone(zone).date() if referral.reviewed_at else None
    if referral.status != "declined" or day != now.astimezone(zone).date():
        raise CannotBeReopened(status=referral.status)
    referral.status = "needs_information" if referral.missing else "received"
    referral.review = referral.reviewed_at = referral.reviewed_by = None
    referral.version += 1
    session.flush()
    audit.record(session, "referral_reopened", "referral", referral.id, version=referral.version)
    again = of_referral(ReferralReceived, referral, received_at=referral.received_at)
    outbox.record(session, again, *obstacles_raised(referral, now))
    return referral


def decline(
    session: Session, outbox: Outbox, vault: Vault, referral_id: UUID, *, reason: str, now: datetime
) -> Referral:
    """The reason stays here. Raises `NotFound`, `AlreadyReviewed`."""
    referral = to_review(session, referral_id, "declined")
    settled = obstacles_settled(referral, now)
    referral.review = vault.close({"reason": reason})
    reviewed(session, referral, "declined", now)
    outbox.record(session, of_referral(ReferralDeclined, referral, declined_at=now), *settled)
    return referral


def to_review(session: Session, referral_id: UUID, end: Stage) -> Referral:
    referral = locked(session, referral_id)
    if not may_move(referral.status, end, "therapist"):
        raise AlreadyReviewed(status=referral.status)
    return referral


def locked(session: Session, referral_id: UUID) -> Referral:
    """Raises `NotFound`, `PatientGone`."""
    referral = session.scalar(select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True))
    if referral is None:
        raise NotFound
    must_be_there(session, referral.patient_id)
    return referral


def reviewed(session: Session, referral: Referral, end: Stage, now: datetime) -> None:
    referral.status = end
    referral.version += 1
    referral.reviewed_at = now
    referral.reviewed_by = context.actor.get().id
    session.flush()
    audit.record(session, f"referral_{end}", "referral", referral.id, version=referral.version)
