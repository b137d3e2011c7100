"""The therapist accepts a referral, perhaps more strictly than it was written, and signs for what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.care.gate import Findings
from services.chassis import audit, context
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, Refusal
from services.chassis.vault import Vault
from services.contracts.referrals import ReferralAccepted
from services.referrals.course.coverage import Doubt, Unused, doubts, fitting, lapsed
from services.referrals.course.renewal import take_over
from services.referrals.events import authorised, of_referral, terms_of
from services.referrals.intake.reading import unknown_codes
from services.referrals.intake.rules import stricter_ceiling
from services.referrals.models import Referral
from services.referrals.review.decision import reviewed, to_review
from services.referrals.review.gate import findings, physicians_ceiling
from services.referrals.review.limits import limited, looser


class ReferralExpired(Refusal):
    """Facts: which date passed, by its name."""

    message = "This referral has expired. Ask the physician for a new one."


class CoverageDoubtful(Refusal):
    """Facts: doubts, and how many visits fit."""

    message = "Not all of this order can be kept. Ask the physician to amend it, limit it, or accept it knowingly."


class NotAdvised(Refusal):
    message = "The physician does not advise massage. Decline it, or ask them for another answer."


class Contraindicated(Refusal):
    """Facts: codes of absolute contraindications."""

    message = "Stop, and contact the physician. Accept it once this is resolved, and say so; or decline it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the therapist adds: limits below the physician's, what was found besides, what was resolved with the
    physician, and what can hardly be kept and is accepted knowingly."""

    pressure_ceiling: int | None = None
    visits: int | None = None
    frequency: Mapping[str, int] | None = None
    session_minutes: int | None = None
    techniques: Sequence[str] = ()
    avoid: Sequence[str] = field(default=(), repr=False)
    contraindications: Sequence[str] = field(default=(), repr=False)
    resolved: Sequence[str] = field(default=(), repr=False)
    despite: Sequence[Doubt] = ()


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
    """Raises `NotFound`, `AlreadyReviewed`, `ReferralExpired`, `NotAdvised`, `Contraindicated`, `CoverageDoubtful`;
    `Invalid` for what is looser than the physician, or unknown. `unused` is the policy for what is left of the referral
    that it renews."""
    referral = to_review(session, referral_id, "accepted")
    _in_time(referral, today)
    clinical = vault.open(referral.clinical)
    if (clinical.get("permission") or {}).get("decision") == "not_advised":
        raise NotAdvised
    _check(review, referral, clinical, table)
    found = findings(table, clinical, asdict(review))
    if found.blocked:
        raise Contraindicated(codes=[one.code for one in found.blocked])

    referral.review = vault.close({**asdict(review), "signed": _signature(referral, found, clinical, now)})
    reviewed(session, referral, "accepted", now)
    if review.resolved:
        audit.record(session, "contraindications_resolved", "referral", referral.id, count=len(review.resolved))
    taken_over = take_over(session, vault, table, referral, unused, now)
    # After it: what is carried over has to fit too.
    _knowingly(referral, review, today)
    what = authorised(referral, vault, table)
    accepted = of_referral(ReferralAccepted, referral, accepted_at=now, renews=referral.renews_id, **what)
    outbox.record(session, accepted, *taken_over)
    return referral


def _in_time(referral: Referral, today: date) -> None:
    """Raises `ReferralExpired`, also before the timer came by."""
    if over := lapsed(referral.status, referral.valid_until, referral.start_by, referral.visits_kept, today):
        raise ReferralExpired(**{over: getattr(referral, over).isoformat()})


def _knowingly(referral: Referral, review: Review, today: date) -> None:
    """Raises `CoverageDoubtful`."""
    terms = limited(terms_of(referral), asdict(review))
    if open_ := [doubt for doubt in doubts(terms, today) if doubt not in review.despite]:
        fit = fitting(today, terms.valid_until, terms.cadence_visits, terms.cadence_days)
        raise CoverageDoubtful(doubts=open_, visits=terms.visits, fitting=fit)


def _check(review: Review, referral: Referral, clinical: dict[str, Any], table: Table) -> None:
    """Raises `Invalid`."""
    limits = looser(terms_of(referral), asdict(review))
    wrong: dict[str, Any] = {name: [sentence] for name, sentence in limits.items()}
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


def _signature(referral: Referral, found: Findings, clinical: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Who accepted, when, and what they saw."""
    permission = clinical.get("permission")
    seen = {"version": referral.version, "findings": found.to_json(), "permission": permission}
    return {"by": context.actor.get().id, "at": now.isoformat(), **seen}
