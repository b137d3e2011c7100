"""The therapist's review: accept a referral, perhaps more strictly than it was written, or decline it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound, Refusal
from services.contracts.referrals import ReferralAccepted, ReferralDeclined
from services.referrals.events import of_referral, terms_of
from services.referrals.models import Referral
from services.referrals.rules import stricter_ceiling
from services.referrals.stages import Stage, may_move
from services.referrals.vault import Vault


class AlreadyReviewed(Refusal):
    message = "This referral has been reviewed."


class ReferralExpired(Refusal):
    message = "This referral has expired. Ask the physician for a new one."


def accept(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    referral_id: UUID,
    *,
    pressure_ceiling: int | None,
    now: datetime,
    today: date,
) -> Referral:
    """Raises `NotFound`, `AlreadyReviewed`, `ReferralExpired`; `Invalid` for a looser ceiling."""
    referral = _to_review(session, referral_id, "accepted")
    if referral.valid_until < today:
        raise ReferralExpired(valid_until=referral.valid_until.isoformat())
    prescribed = vault.open(referral.clinical)["pressure_ceiling"]
    if sentence := stricter_ceiling(prescribed, pressure_ceiling):
        raise Invalid(pressure_ceiling=[sentence])
    ceiling = pressure_ceiling or prescribed
    referral.review = vault.close({"pressure_ceiling": pressure_ceiling})
    _reviewed(session, referral, "accepted", now)
    outbox.record(
        session,
        of_referral(
            ReferralAccepted,
            referral,
            accepted_at=now,
            terms=terms_of(referral),
            pressure_ceiling=str(ceiling) if ceiling else None,
        ),
    )
    return referral


def decline(
    session: Session, outbox: Outbox, vault: Vault, referral_id: UUID, *, reason: str, now: datetime
) -> Referral:
    """The reason stays here. Raises `NotFound`, `AlreadyReviewed`."""
    referral = _to_review(session, referral_id, "declined")
    referral.review = vault.close({"reason": reason})
    _reviewed(session, referral, "declined", now)
    outbox.record(session, of_referral(ReferralDeclined, referral, declined_at=now))
    return referral


def _to_review(session: Session, referral_id: UUID, end: Stage) -> Referral:
    query = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    referral = session.scalar(query)
    if referral is None:
        raise NotFound
    if not may_move(referral.status, end):
        raise AlreadyReviewed(status=referral.status)
    return referral


def _reviewed(session: Session, referral: Referral, end: Stage, now: datetime) -> None:
    referral.status = end
    referral.version += 1
    referral.reviewed_at = now
    referral.reviewed_by = context.actor.get().id
    session.flush()
    audit.record(session, f"referral_{end}", "referral", referral.id, version=referral.version)
