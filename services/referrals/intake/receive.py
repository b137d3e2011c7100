"""Taking a referral in: once for each number of the physician's office, however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralReceived
from services.referrals.course.renewal import renewed_id
from services.referrals.events import of_referral, stalled
from services.referrals.intake import placers
from services.referrals.intake.complete import completed, may_complete
from services.referrals.intake.reading import primitives
from services.referrals.intake.writing import put
from services.referrals.models import PlacerNumber, Referral, ReferralCopy
from services.referrals.people.matches import raise_matches
from services.referrals.people.patients import Found, patient_of
from services.referrals.people.physicians import Named, physicians_of, propose
from services.referrals.whose import theirs


class PlacerNumberReused(Refusal):
    message = "This number was used for another referral. Send a changed order under a number of its own."


@dataclass(frozen=True, slots=True)
class People:
    """Whom a referral names."""

    patient: Found
    physicians: dict[str, Named]
    """By NPI."""

    @property
    def told(self) -> list[Event]:
        return [*self.patient.told, *(one.told for one in self.physicians.values() if one.told)]


def receive(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    intake: dict[str, Any],
    now: datetime,
    missing: Sequence[str] = (),
) -> tuple[Referral, bool]:
    """The referral, and whether it is new. `intake` and `missing` are what `intake.read` or `intake.read_open` gave.

    The same number from the same placer gives the referral it stands for. While that waits for information, what its
    sender sends again completes it; else raises `PlacerNumberReused` when what was sent differs.
    """
    said = primitives(intake)
    referral_id = new_id()
    if held := placers.claim(session, vault, said, referral_id):
        return _again(session, outbox, vault, held, intake, now, missing), False
    people = _people(session, vault, said, now)
    referral = _made(session, vault, intake, people, referral_id, now, missing)
    received = [] if missing else [of_referral(ReferralReceived, referral, received_at=now)]
    outbox.record(session, *people.told, *received, *_obstacles(session, vault, referral, people, now))
    _audit(session, referral, people.told)
    return referral, True


def _obstacles(session: Session, vault: Vault, referral: Referral, people: People, now: datetime) -> list[Event]:
    """What the desk has to look at."""
    gaps = [stalled(referral, "needs_information", now)] if referral.missing else []
    pairs = raise_matches(session, people.patient, referral.id, now)
    proposals = propose(session, vault, people.physicians.values(), referral.id, now)
    return [
        *gaps,
        *(stalled(referral, "same_patient", now, pair) for pair in pairs),
        *(stalled(referral, "physician_contact", now, proposal.id) for proposal in proposals),
    ]


def _people(session: Session, vault: Vault, said: dict[str, Any], now: datetime) -> People:
    patient = patient_of(session, vault, said["patient"], now)
    copies = [copy["physician"] for copy in said["copy_to"]]
    return People(patient, physicians_of(session, vault, [said["physician"], *copies]))


def _made(
    session: Session,
    vault: Vault,
    intake: dict[str, Any],
    people: People,
    referral_id: UUID,
    now: datetime,
    missing: Sequence[str],
) -> Referral:
    referral = Referral(
        id=referral_id,
        patient=people.patient.patient,
        physician=people.physicians[intake["physician"]["npi"]].physician,
        status="needs_information" if missing else "received",
        version=1,
        received_at=now,
        received_from=context.actor.get().id,
        renews_id=renewed_id(session, vault, intake, people.patient.patient),
        visits_kept=0,
        copies=[_copy(people, copy, place) for place, copy in enumerate(intake["copy_to"])],
    )
    put(referral, vault, intake, missing)
    session.add(referral)
    session.flush()
    return referral


def _copy(people: People, said: dict[str, Any], place: int) -> ReferralCopy:
    physician = people.physicians[said["physician"]["npi"]].physician
    return ReferralCopy(physician=physician, updates=said["updates"], place=place)


def _again(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    held: PlacerNumber,
    intake: dict[str, Any],
    now: datetime,
    missing: Sequence[str],
) -> Referral:
    """Raises `PlacerNumberReused`; to another office it tells nothing of the referral, not even that it is the same."""
    said = primitives(intake)
    referral = session.get_one(Referral, held.referral_id)
    if not theirs(referral):
        raise PlacerNumberReused
    if held.fingerprint == placers.fingerprint(vault, said):
        return referral
    session.refresh(referral, with_for_update={"key_share": True})
    if not may_complete(referral):
        raise PlacerNumberReused(reference=referral.reference)
    people = _people(session, vault, said, now)
    if (people.patient.patient.id, said["physician"]["npi"]) != (referral.patient_id, referral.physician.npi):
        raise PlacerNumberReused(reference=referral.reference)
    held.fingerprint = placers.fingerprint(vault, said)
    outbox.record(session, *people.told)
    return completed(session, outbox, vault, referral, intake, missing, now)


def _audit(session: Session, referral: Referral, changes: Sequence[Event]) -> None:
    audit.record(session, "referral_received", "referral", referral.id, reference=referral.reference)
    for change in changes:
        audit.record(session, change.event_name(), change.subject.removesuffix("_id"), change.subject_id())
