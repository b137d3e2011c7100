"""The physician changes what a referral authorises; the practice enters it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, Refusal
from services.chassis.vault import Vault
from services.contracts.referrals import ReferralAmended
from services.referrals.course.stages import FOLLOWED
from services.referrals.course.versions import keep, terms
from services.referrals.events import authorised, of_referral
from services.referrals.intake import rules
from services.referrals.intake.rules import Calendar
from services.referrals.models import Referral
from services.referrals.review.decision import locked


class NotAccepted(Refusal):
    """Facts: status."""

    message = "Only a referral that was accepted can be amended."


def amend(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    table: Table,
    referral_id: UUID,
    changes: dict[str, Any],
    *,
    now: datetime,
    calendar: Calendar,
) -> Referral:
    """`changes` as in `AmendSchema`; those that change nothing have no effect, what the review limited stays limited.

    Raises `NotFound`, `NotAccepted`, `Invalid`.
    """
    referral = locked(session, referral_id)
    if referral.status not in FOLLOWED:
        raise NotAccepted(status=referral.status)
    wrong = rules.dates(referral.issued_on, None, changes.get("valid_until"), calendar)
    if "valid_until" in wrong:
        raise Invalid(valid_until=[wrong["valid_until"]])

    before, version = terms(referral, vault), referral.version
    if changed := _put(referral, vault, changes):
        keep(session, vault, referral.id, version, before, now)
        referral.version += 1
        session.flush()
        audit.record(session, "referral_amended", "referral", referral.id, version=referral.version, changed=changed)
        amended = of_referral(ReferralAmended, referral, amended_at=now, **authorised(referral, vault, table))
        outbox.record(session, amended)
    return referral


def _put(referral: Referral, vault: Vault, changes: dict[str, Any]) -> list[str]:
    """The names of the fields that are different now."""
    changed = [name for name in _OWN if name in changes and getattr(referral, name) != changes[name]]
    for name in changed:
        setattr(referral, name, changes[name])
    had = {"visits": referral.frequency_visits, "per_days": referral.frequency_days}
    if changes.get("frequency", had) != had:
        referral.frequency_visits = changes["frequency"]["visits"]
        referral.frequency_days = changes["frequency"]["per_days"]
        changed.append("frequency")
    clinical = vault.open(referral.clinical)
    if changes.get("pressure_ceiling", clinical["pressure_ceiling"]) != clinical["pressure_ceiling"]:
        referral.clinical = vault.close({**clinical, "pressure_ceiling": changes["pressure_ceiling"]})
        changed.append("pressure_ceiling")
    return changed


_OWN = ("visits", "session_minutes", "valid_until")
