"""What a referral authorised before each amendment, and what changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.vault import Vault
from services.referrals.models import Referral, ReferralVersion


def terms(referral: Referral, vault: Vault) -> dict[str, Any]:
    """The fields of an amendment, as they are now."""
    return {
        "visits": referral.visits,
        "frequency": {"visits": referral.frequency_visits, "per_days": referral.frequency_days},
        "session_minutes": referral.session_minutes,
        "valid_until": referral.valid_until.isoformat() if referral.valid_until else None,
        "pressure_ceiling": vault.open(referral.clinical)["pressure_ceiling"],
    }


def keep(
    session: Session, vault: Vault, referral_id: UUID, version: int, before: dict[str, Any], now: datetime
) -> None:
    """What the next version takes the place of."""
    session.add(
        ReferralVersion(
            referral_id=referral_id,
            version=version,
            terms=vault.close(before),
            amended_at=now,
            amended_by=context.actor.get().id,
        )
    )


def history(session: Session, vault: Vault, referral: Referral) -> list[dict[str, Any]]:
    """What was authorised from when on and by whose hand, the newest first; and how it differs from before."""
    kept = select(ReferralVersion).where(ReferralVersion.referral_id == referral.id).order_by(ReferralVersion.version)
    earlier = session.scalars(kept).all()
    known = [vault.open(one.terms) for one in earlier] + [terms(referral, vault)]
    first = {"at": referral.received_at.isoformat(), "by": referral.received_from, "changed": {}}
    later = [
        {"at": one.amended_at.isoformat(), "by": one.amended_by, "changed": differences(known[place], known[place + 1])}
        for place, one in enumerate(earlier)
    ]
    return [{**told, "terms": now} for told, now in zip([first, *later], known, strict=True)][::-1]


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {"from": before[name], "to": after[name]} for name in after if before.get(name) != after[name]}
