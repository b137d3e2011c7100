"""The therapist's review: accept a referral, perhaps more strictly than it was written, or decline it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.care.gate import Findings
from services.chassis import audit, context
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound, Refusal
from services.chassis.vault import Vault
from services.contracts.referrals import ReferralAccepted, ReferralDeclined, ReferralReceived
from services.referrals.course.coverage import Unused
from services.referrals.course.renewal import take_over
from services.referrals.course.stages import Stage, may_move
from services.referrals.events import authorised, of_referral, resumed, stalled
from services.referrals.intake.reading import unknown_codes
from services.referrals.intake.rules import stricter_ceiling
from services.referrals.models import Referral
from services.referrals.review.gate import findings, physicians_ceiling


class AlreadyReviewed(Refusal):
    message = "This referral has been reviewed."


class ReferralExpired(Refusal):
    message = "This referral has expired. Ask the physician for a new one."


class CannotBeReopened(Refusal):
    """Facts: status."""

    message = "Only a decline of today can be undone."


class NotAdvised(Refusal):
    message = "The physician does not advise massage. Decline it, or ask them for another answer."


class Contraindicated(Refusal):
    """Facts: codes of absolute contraindications."""

    message = "Stop, and contact the physician. Accept it once this is resolved, and say so; or decline it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the therapist adds: a lower ceiling, what was found besides, what was resolved with the physician."""

    pressure_ceiling: int | None = None
    contraindications: Sequence[str] = field(default=(), repr=False)
    resolved: Sequence[str] = field(default=(), repr=False)


def accept(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    table: Table,
    referral_id: UUID,
    review: Review,
    *,
    now: datetime,
    today: date,
    unused: Unused = "lapse",
) -> Referral:
    """Raises `NotFound`, `AlreadyReviewed`, `ReferralExpired`, `NotAdvised`, `Contraindicated`; `Invalid` for what is
    looser than the physician, or unknown. `unused` is the policy for what is left of the referral that it renews."""
    referral = _to_review(session, referral_id, "accepted")
    assert referral.valid_until
    if referral.valid_until < today:
        raise ReferralExpired(valid_until=referral.valid_until.isoformat())
    clinical = vault.open(referral.clinical)
    if (clinical.get("permission") or {}).get("decision") == "not_advised":
        raise NotAdvised
    _check(review, clinical, table)
    found = findings(table, clinical, asdict(review))
    if found.blocked:
        raise Contraindicated(codes=[one.code for one in found.blocked])

    referral.review = vault.close({**asdict(review), "signed": _signature(found, clinical, now)})
    _reviewed(session, referral, "accepted", now)
    if review.resolved:
        audit.record(session, "contraindications_resolved", "referral", referral.id, count=len(review.resolved))
    taken_over = take_over(session, vault, table, referral, unused, now)
    what = authorised(referral, vault, table)
    accepted = of_referral(ReferralAccepted, referral, accepted_at=now, renews=referral.renews_id, **what)
    outbox.record(session, accepted, *taken_over)
    return referral


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
    gaps = [stalled(referral, "needs_information", now)] if referral.missing else []
    outbox.record(session, of_referral(ReferralReceived, referral, received_at=referral.received_at), *gaps)
    return referral


def decline(
    session: Session, outbox: Outbox, vault: Vault, referral_id: UUID, *, reason: str, now: datetime
) -> Referral:
    """The reason stays here. Raises `NotFound`, `AlreadyReviewed`."""
    referral = _to_review(session, referral_id, "declined")
    referral.review = vault.close({"reason": reason})
    _reviewed(session, referral, "declined", now)
    settled = [resumed(referral, "needs_information", now)] if referral.missing else []
    outbox.record(session, of_referral(ReferralDeclined, referral, declined_at=now), *settled)
    return referral


def _check(review: Review, clinical: dict[str, Any], table: Table) -> None:
    """Raises `Invalid`."""
    wrong: dict[str, Any] = {}
    if sentence := stricter_ceiling(physicians_ceiling(clinical), review.pressure_ceiling):
        wrong["pressure_ceiling"] = [sentence]
    if unknown := unknown_codes(review.contraindications, table):
        wrong["contraindications"] = unknown
    absolute = {one.code for one in findings(table, clinical, {"contraindications": review.contraindications}).blocked}
    hint = "Only an absolute contraindication of this referral can be resolved."
    if beside := {place: [hint] for place, code in enumerate(review.resolved) if code not in absolute}:
        wrong["resolved"] = beside
    if wrong:
        raise Invalid(**wrong)


def _signature(found: Findings, clinical: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Who accepted, when, and what they saw."""
    seen = {"findings": found.to_json(), "permission": clinical.get("permission")}
    return {"by": context.actor.get().id, "at": now.isoformat(), **seen}


def _to_review(session: Session, referral_id: UUID, end: Stage) -> Referral:
    referral = locked(session, referral_id)
    if not may_move(referral.status, end, "therapist"):
        raise AlreadyReviewed(status=referral.status)
    return referral


def locked(session: Session, referral_id: UUID) -> Referral:
    """Raises `NotFound`."""
    referral = session.scalar(select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True))
    if referral is None:
        raise NotFound
    return referral


def _reviewed(session: Session, referral: Referral, end: Stage, now: datetime) -> None:
    referral.status = end
    referral.version += 1
    referral.reviewed_at = now
    referral.reviewed_by = context.actor.get().id
    session.flush()
    audit.record(session, f"referral_{end}", "referral", referral.id, version=referral.version)
