"""A referral that continues another one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.refusals import Invalid
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralAmended, ReferralEnded
from services.referrals.course.coverage import Unused, carried, spent
from services.referrals.course.stages import FOLLOWED
from services.referrals.events import authorised, of_referral
from services.referrals.intake import placers
from services.referrals.intake.rules import MOST_VISITS
from services.referrals.models import Patient, Referral, Visit
from services.referrals.people.lookup import root
from services.referrals.whose import theirs


def renewed_id(session: Session, vault: Vault, intake: dict[str, Any], patient: Patient) -> UUID | None:
    """The referral that an intake continues: by our id (`renews`), or by its placer's number (`replaces`).

    A number that we never had is none of ours. Raises `Invalid` for an id that is not a referral of this patient.
    """
    of_one = root(session, patient).id
    earlier = next((one for one in _named(session, vault, intake) if root(session, one.patient).id == of_one), None)
    if earlier:
        return earlier.id
    if intake["renews"]:
        raise Invalid(renews=["This patient has no such referral."])
    return None


def _named(session: Session, vault: Vault, intake: dict[str, Any]) -> Iterable[Referral]:
    """What an office names is one of its own; the practice may name any."""
    if intake["renews"]:
        named = session.get(Referral, intake["renews"])
        return [named] if named and theirs(named) else []
    if intake["replaces"]:
        return placers.numbered(session, placers.key(vault, intake["replaces"], intake["physician"]["npi"]))
    return []


def _covered(referral: Referral, vault: Vault) -> int:
    """Not more than the review allowed."""
    allowed = vault.open(referral.review).get("visits") if referral.review else None
    return min(referral.visits or 0, allowed or MOST_VISITS)


def take_over(
    session: Session, vault: Vault, table: Table, referral: Referral, policy: Unused, now: datetime
) -> list[Event]:
    """By the clinic's policy the renewal gets what is left of the referral it continues, which then covers no more than
    was used or booked of it."""
    if policy == "lapse" or referral.renews_id is None:
        return []
    before = session.get_one(Referral, referral.renews_id, with_for_update={"key_share": True}, populate_existing=True)
    if before.status not in (*FOLLOWED, "expired"):
        return []
    told = session.execute(select(Visit.status, Visit.fate).where(Visit.referral_id == before.id)).all()
    used, covered = spent((row[0], row[1]) for row in told), _covered(before, vault)
    more = carried(policy, covered, used, referral.visits or 0, MOST_VISITS)
    if not more:
        return []
    referral.visits = (referral.visits or 0) + more
    before.visits = covered - more
    before.version += 1
    session.flush()
    audit.record(session, "visits_carried_over", "referral", referral.id, count=more)
    if before.status == "expired":
        return []
    if not before.visits:
        before.status, before.ended_at, before.ended_because = "closed", now, "renewed"
        return [of_referral(ReferralEnded, before, ended_at=now, how="closed")]
    return [of_referral(ReferralAmended, before, amended_at=now, **authorised(before, vault, table))]
