"""A patient is erased, with every record of theirs: the law's part stays (that there was an order, and when), who it
was and what they had goes, here and through `PatientErased` everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from services.chassis import audit, erased
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.chassis.vault import Vault
from services.contracts.referrals import PatientErased
from services.referrals.course.stages import OVER
from services.referrals.models import Document, Patient, PatientKey, PatientMatch, Referral, ReferralVersion, Visit
from services.referrals.paper import shelf
from services.referrals.people.contact import NAMES
from services.referrals.people.lookup import family, root
from services.referrals.people.merge import one_at_a_time
from services.referrals.privacy.retention import kept_until

NOBODY: dict[str, Any] = {**dict.fromkeys(NAMES), "name": "erased", "consents": {}}
"""The contact of somebody who was erased."""
Reason = Literal["patient_request", "court_order", "entered_in_error"]
REASONS: tuple[Reason, ...] = get_args(Reason)

_SETTLED = (*OVER, "declined", "completed")
_REWRITING = text("SET LOCAL fascia.rewriting = 'on'")
"""Whoever says so may write of somebody who was erased."""


class StillTreated(Refusal):
    """Facts: referral_ids."""

    message = "A referral of this patient is not over: close it first."


class VisitsToCome(Refusal):
    """Facts: visits, last_at."""

    message = "Visits of this patient are still to come: cancel them first."


class MustBeKept(Refusal):
    """Facts: until."""

    message = "The law asks to keep this longer. Override it only with a reason."


@dataclass(slots=True)
class Erasure:
    patient_ids: list[UUID]
    referral_ids: list[UUID]
    kept_until: datetime | None
    """Until when it has to be kept; None where there was never a referral."""
    counts: dict[str, int] = field(default_factory=dict)
    """What goes, by kind."""


def erase(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    patient_id: UUID,
    *,
    now: datetime,
    keep_years: int,
    override: Reason | None = None,
) -> Erasure:
    """For ever. Again, it says the same and changes nothing more than what came since.

    Raises `NotFound`, `StillTreated`, `VisitsToCome`, `MustBeKept` (unless there is a reason to override it).
    """
    one_at_a_time(session)
    session.execute(_REWRITING)
    records, referrals = _whole(session, patient_id, lock=True)
    found = _found(session, records, referrals, keep_years)
    _may_be_erased(session, referrals, found, now, override)
    _erase_records(session, vault, records, now)
    found.counts["scans"] = shelf.erase(session, outbox, found.referral_ids, now=now)
    _erase_referrals(session, vault, referrals)
    erased.mark(session, found.patient_ids, now)
    erased.forget(session, vault.seal, [*found.patient_ids, *found.referral_ids])
    outbox.record(session, *(_event(record, referrals, now) for record in records))
    because = {"overridden": override} if override else {}
    audit.record_all(session, "patient_erased", "patient", found.patient_ids, **because)
    return found


def preview(session: Session, patient_id: UUID, *, now: datetime, keep_years: int, override: Reason | None) -> Erasure:
    """What `erase` would do; raises what it would raise."""
    records, referrals = _whole(session, patient_id, lock=False)
    found = _found(session, records, referrals, keep_years)
    _may_be_erased(session, referrals, found, now, override)
    return found


def _whole(session: Session, patient_id: UUID, *, lock: bool) -> tuple[list[Patient], list[Referral]]:
    """Every record of the person, and their referrals."""
    patient = session.get(Patient, patient_id)
    if patient is None:
        raise NotFound
    records = family(session, root(session, patient))
    ids = sorted(record.id for record in records)
    its = select(Referral).where(Referral.patient_id.in_(ids)).order_by(Referral.id)
    if lock:
        session.execute(select(Patient.id).where(Patient.id.in_(ids)).order_by(Patient.id).with_for_update()).all()
        its = its.with_for_update(of=Referral).execution_options(populate_existing=True)
    return records, list(session.scalars(its))


def _found(session: Session, records: Sequence[Patient], referrals: Sequence[Referral], keep_years: int) -> Erasure:
    ids, theirs = [record.id for record in records], [referral.id for referral in referrals]
    last_visit = session.scalar(select(func.max(Visit.ends_at)).where(Visit.referral_id.in_(theirs)))
    acts = [moment for one in referrals for moment in (one.received_at, one.completed_at, one.ended_at) if moment]
    documents = session.scalar(select(func.count()).select_from(Document).where(Document.referral_id.in_(theirs)))
    counts = {"records": len(ids), "referrals": len(theirs), "documents": documents or 0}
    return Erasure(ids, theirs, kept_until([*acts, *filter(None, [last_visit])], keep_years), counts)


def _may_be_erased(
    session: Session, referrals: Sequence[Referral], found: Erasure, now: datetime, override: Reason | None
) -> None:
    if going_on := [str(one.id) for one in referrals if one.status not in _SETTLED]:
        raise StillTreated(referral_ids=going_on)
    to_come = (Visit.referral_id.in_(found.referral_ids), Visit.ends_at > now)
    promised = Visit.status.in_(("booked", "confirmed", "arrived"))
    count, last_at = session.execute(select(func.count(), func.max(Visit.ends_at)).where(*to_come, promised)).one()
    if count:
        raise VisitsToCome(visits=count, last_at=last_at.isoformat())
    if found.kept_until and found.kept_until > now and override is None:
        raise MustBeKept(until=found.kept_until.date().isoformat())


def _erase_records(session: Session, vault: Vault, records: Sequence[Patient], now: datetime) -> None:
    ids = [record.id for record in records]
    for record in records:
        record.contact, record.erased_at = vault.close(NOBODY), record.erased_at or now
        record.version += 1
    session.flush()
    session.execute(delete(PatientKey).where(PatientKey.patient_id.in_(ids)))
    pairs = PatientMatch.patient_id.in_(ids) | PatientMatch.other_id.in_(ids)
    session.execute(update(PatientMatch).where(pairs).values(reasons={}, score=0))
    session.execute(update(PatientMatch).where(pairs, PatientMatch.verdict == "open").values(verdict="apart"))


def _erase_referrals(session: Session, vault: Vault, referrals: Sequence[Referral]) -> None:
    """What the office's number stands for stays, keyed: the same order sent again finds the one that was erased."""
    ids = [referral.id for referral in referrals]
    for referral in referrals:
        referral.clinical, referral.review = vault.close(_emptied(vault.open(referral.clinical))), None
        referral.techniques, referral.missing, referral.home_visit = [], [], False
    session.flush()
    for version in session.scalars(select(ReferralVersion).where(ReferralVersion.referral_id.in_(ids))):
        version.terms = vault.close({**vault.open(version.terms), "pressure_ceiling": None})
    session.flush()
    session.execute(delete(Document).where(Document.referral_id.in_(ids)))


def _emptied(clinical: dict[str, Any]) -> dict[str, Any]:
    """The same fields, with nothing in them."""
    empty: dict[str, Any] = {name: [] if isinstance(value, list) else None for name, value in clinical.items()}
    return {**empty, "kind": clinical.get("kind", "referral")}


def _event(record: Patient, referrals: Sequence[Referral], now: datetime) -> PatientErased:
    its = tuple(one.id for one in referrals if one.patient_id == record.id)
    return PatientErased(patient_id=record.id, version=record.version, referral_ids=its, erased_at=now)
