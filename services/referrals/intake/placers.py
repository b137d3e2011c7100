"""The numbers that physicians' offices give their orders: each stands for one referral."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.models import PlacerNumber


def key(vault: Vault, placer: dict[str, Any], npi: str) -> str:
    """A number without a system is the physician's own."""
    return vault.hash("placer", placer["system"] or f"npi:{npi}", placer["number"])


def fingerprint(vault: Vault, said: dict[str, Any]) -> str:
    """Of everything that was said: what was left open does not count, so that a new field changes nothing."""
    return vault.hash("intake", json.dumps(_told(said), sort_keys=True))


def claim(session: Session, vault: Vault, said: dict[str, Any], referral_id: UUID) -> PlacerNumber | None:
    """Claim the number of an intake, or give who has it. Two at once: the second waits here."""
    if said["placer"] is None:
        return None
    number = key(vault, said["placer"], said["physician"]["npi"])
    row = insert(PlacerNumber).values(key=number, fingerprint=fingerprint(vault, said), referral_id=referral_id)
    if session.scalar(row.on_conflict_do_nothing().returning(PlacerNumber.key)):
        return None
    return session.scalars(select(PlacerNumber).where(PlacerNumber.key == number)).one()


def _told(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _told(value) for name, value in said.items() if value not in (None, [])}
    return said
