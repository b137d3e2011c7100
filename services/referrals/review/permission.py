"""A physician's answer to "may this patient be massaged?", beside the order; the therapist reviews it all the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.referrals.course.stages import UNREVIEWED
from services.referrals.intake.complete import mine
from services.referrals.models import Referral
from services.referrals.review.decision import locked


class ReviewedAlready(Refusal):
    """Facts: status."""

    message = "This referral is reviewed. A stricter answer is an amendment; one that advises against it, a withdrawal."


def permit(session: Session, vault: Vault, referral_id: UUID, answer: dict[str, Any]) -> Referral:
    """Attach the answer; a newer one takes its place. `answer` has the shape of `PermissionSchema`, in JSON.

    Raises `NotFound`, `ReviewedAlready`.
    """
    referral = mine(locked(session, referral_id))
    if referral.status not in UNREVIEWED:
        raise ReviewedAlready(status=referral.status)
    clinical = vault.open(referral.clinical)
    if clinical.get("permission") == answer:
        return referral
    referral.clinical = vault.close({**clinical, "permission": answer})
    referral.version += 1
    session.flush()
    audit.record(session, "permission_attached", "referral", referral.id, decision=answer["decision"])
    return referral


def contacted(session: Session, referral_id: UUID, *, now: datetime) -> Referral:
    """The practice spoke with the patient about it; the first time counts. Raises `NotFound`."""
    referral = locked(session, referral_id)
    if referral.contacted_at is None:
        referral.contacted_at = now
        referral.version += 1
        session.flush()
        audit.record(session, "patient_contacted", "referral", referral.id, version=referral.version)
    return referral
