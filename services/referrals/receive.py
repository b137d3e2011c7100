"""Taking a referral in: once for each number of the physician's office, however often it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralReceived
from services.referrals.events import of_referral
from services.referrals.intake import primitives
from services.referrals.models import PlacerNumber, Referral
from services.referrals.people import patient_of, physician_of

CLINICAL = (
    "placer",
    "diagnoses",
    "goals",
    "areas",
    "precautions",
    "instructions",
    "contraindications",
    "home_position",
    "therapist_sex",
    "duration_weeks",
    "pressure_ceiling",
    "medically_necessary",
    "payer",
    "signed_on",
)
"""The fields of an intake that are kept sealed."""

TERMS = (
    "issued_on",
    "start_by",
    "valid_until",
    "visits",
    "session_minutes",
    "techniques",
    "home_visit",
    "updates",
)


class PlacerNumberReused(Refusal):
    message = "This number was used for another referral. Send a changed order under a number of its own."


def receive(
    session: Session, outbox: Outbox, vault: Vault, intake: dict[str, Any], now: datetime
) -> tuple[Referral, bool]:
    """The referral, and whether it is new. `intake` is what `intake.read` gave.

    The same number from the same placer gives the referral it stands for; raises
    `PlacerNumberReused` when what was sent with it differs.
    """
    said = primitives(intake)
    referral_id = new_id()
    earlier = _claim_number(session, vault, said, referral_id)
    if earlier:
        return earlier, False
    patient, patient_changed = patient_of(session, vault, said["patient"])
    physician, physician_changed = physician_of(session, vault, said["physician"])
    referral = Referral(
        id=referral_id,
        patient=patient,
        physician=physician,
        status="received",
        version=1,
        received_at=now,
        received_from=context.actor.get().id,
        frequency_visits=intake["frequency"]["visits"],
        frequency_days=intake["frequency"]["per_days"],
        clinical=vault.close({name: said[name] for name in CLINICAL}),
        visits_kept=0,
        **{name: intake[name] for name in TERMS},
    )
    session.add(referral)
    session.flush()
    changes = [event for event in (patient_changed, physician_changed) if event]
    outbox.record(session, *changes, of_referral(ReferralReceived, referral, received_at=now))
    _audit(session, referral, changes)
    return referral, True


def _claim_number(session: Session, vault: Vault, said: dict[str, Any], referral_id: UUID) -> Referral | None:
    """Claim the placer's number, or give the referral that has it. Two at once: the second waits here."""
    placer = said["placer"]
    if placer is None:
        return None
    key = vault.hash("placer", placer["system"] or f"npi:{said['physician']['npi']}", placer["number"])
    fingerprint = vault.hash("intake", json.dumps(said, sort_keys=True))
    claim = insert(PlacerNumber).values(key=key, fingerprint=fingerprint, referral_id=referral_id)
    if session.scalar(claim.on_conflict_do_nothing().returning(PlacerNumber.key)):
        return None
    held = session.scalars(select(PlacerNumber).where(PlacerNumber.key == key)).one()
    referral = session.get_one(Referral, held.referral_id)
    if held.fingerprint != fingerprint:
        raise PlacerNumberReused(reference=referral.reference)
    return referral


def _audit(session: Session, referral: Referral, changes: Sequence[Event]) -> None:
    audit.record(session, "referral_received", "referral", referral.id, reference=referral.reference)
    for change in changes:
        audit.record(session, change.event_name(), change.subject.removesuffix("_id"), change.subject_id())
