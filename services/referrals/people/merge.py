"""Two records of one person become one, and two again. Nothing is moved: each keeps its referrals and what was told of
it, and one of them counts for both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound, Refusal
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import PatientsMerged, PatientsSeparated
from services.referrals.events import resumed
from services.referrals.models import Patient, PatientMatch, Referral, Verdict
from services.referrals.people.lookup import ONE_AT_A_TIME, family, root
from services.referrals.people.matching import Person, score
from services.referrals.people.patients import tell


class NotMerged(Refusal):
    message = "This record stands for itself: there is nothing to undo."


class AlreadyDecided(Refusal):
    """Facts: verdict."""

    message = "Somebody has decided this."


def one_at_a_time(session: Session) -> None:
    """Which records are one person stays as it is until the transaction ends."""
    session.execute(ONE_AT_A_TIME, {"key": "patients are merged one after the other"})


def merge(session: Session, outbox: Outbox, vault: Vault, keep_id: UUID, other_id: UUID, *, now: datetime) -> Patient:
    """The record that counts for both from now on: that of `keep_id`. Merging again changes nothing.

    Raises `NotFound`, `Invalid`.
    """
    if keep_id == other_id:
        raise Invalid(other_id=["This is the same record."])
    keep, other = _locked(session, keep_id, other_id)
    if keep is other:
        return keep
    matches = _matches(session, family(session, keep), family(session, other))
    matches += [_asked_for(session, vault, keep, other, now)] if not matches else []
    other.merged_into = keep.id
    session.flush()
    merged = PatientsMerged(patient_id=keep.id, version=keep.version + 1, merged_id=other.id, merged_at=now)
    outbox.record(session, merged, *tell(session, vault, keep), *_decided(session, matches, "merged", now))
    audit.record_all(session, "patients_merged", "patient", [keep.id, other.id])
    return keep


def unmerge(session: Session, outbox: Outbox, vault: Vault, patient_id: UUID, *, now: datetime) -> Patient:
    """The record that stands for itself again, with what was merged into it before. Raises `NotFound`, `NotMerged`."""
    one_at_a_time(session)
    patient = session.get(Patient, patient_id, populate_existing=True)
    if patient is None or patient.erased_at:
        raise NotFound
    if patient.merged_into is None:
        raise NotMerged
    # The record that counts first, then those below it: everybody takes them in this order.
    top, _ = _locked(session, patient.merged_into, patient.merged_into)
    session.refresh(patient, with_for_update={"key_share": True})
    if patient.erased_at:
        raise NotFound
    patient.merged_into = None
    session.flush()
    matches = _matches(session, family(session, top), family(session, patient))
    told: list[Event] = [*tell(session, vault, top), *tell(session, vault, patient)]
    separated = PatientsSeparated(patient_id=top.id, version=top.version, separated_id=patient.id, separated_at=now)
    outbox.record(session, separated, *told, *_decided(session, matches, "apart", now))
    audit.record_all(session, "patients_separated", "patient", [top.id, patient.id])
    return patient


def keep_apart(session: Session, outbox: Outbox, match_id: UUID, *, now: datetime) -> PatientMatch:
    """They are two; the pair is not asked about again. Raises `NotFound`, `AlreadyDecided`."""
    match = session.get(PatientMatch, match_id, with_for_update=True)
    if match is None:
        raise NotFound
    if match.verdict == "merged":
        raise AlreadyDecided(verdict=match.verdict)
    outbox.record(session, *_decided(session, [match], "apart", now))
    audit.record_all(session, "patients_kept_apart", "patient", [match.patient_id, match.other_id])
    return match


def _locked(session: Session, *ids: UUID) -> tuple[Patient, Patient]:
    """The records that count for these, locked. Raises `NotFound`."""
    one_at_a_time(session)
    found = [session.get(Patient, id_, populate_existing=True) for id_ in ids]
    tops = [root(session, each) for each in found if each and each.erased_at is None]
    if len(tops) < len(ids):
        raise NotFound
    for top in sorted(tops, key=lambda each: each.id):
        session.refresh(top, with_for_update={"key_share": True})
    return tops[0], tops[1]


def _matches(session: Session, ours: Collection[Patient], theirs: Collection[Patient]) -> list[PatientMatch]:
    """What was raised between two families."""
    some, others = [each.id for each in ours], [each.id for each in theirs]
    one, other = PatientMatch.patient_id, PatientMatch.other_id
    between = or_(one.in_(some) & other.in_(others), one.in_(others) & other.in_(some))
    return list(session.scalars(select(PatientMatch).where(between).with_for_update()))


def _asked_for(session: Session, vault: Vault, keep: Patient, other: Patient, now: datetime) -> PatientMatch:
    """A pair that nobody raised, as the desk decided it by itself."""
    compared = score(Person.of(vault.open(other.contact)), Person.of(vault.open(keep.contact)))
    row = insert(PatientMatch).values(
        id=new_id(), patient_id=other.id, other_id=keep.id, score=compared.total, reasons=compared.reasons,
        verdict="open", raised_at=now,
    )  # fmt: skip
    return session.scalars(row.returning(PatientMatch)).one()


def _decided(session: Session, matches: Sequence[PatientMatch], verdict: Verdict, now: datetime) -> list[Event]:
    told: list[Event] = []
    for match in matches:
        was, match.verdict = match.verdict, verdict
        match.decided_at, match.decided_by = now, context.actor.get().id
        if was == "open" and match.referral_id:
            told.append(resumed(session.get_one(Referral, match.referral_id), "same_patient", now, match.id))
    session.flush()
    return told
