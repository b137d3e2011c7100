"""The numbers that are given to orders: each stands for one referral of whoever sent it.

A number belongs to its sender, not to what the document says of itself: else an office could take another's numbers, or
learn that they are taken. The practice, which sees every referral, has one book for all of its people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.models import Physician, PlacerNumber, Referral
from services.referrals.people.matching import Person, score
from services.referrals.whose import PRACTICE, sender

_OF_OFFICES = (
    select(PlacerNumber, Referral)
    .join(Referral, Referral.id == PlacerNumber.referral_id)
    .join(Physician, Physician.id == Referral.physician_id)
    .where(PlacerNumber.key == bindparam("number"), PlacerNumber.sender != PRACTICE)
    .where(Physician.npi == bindparam("its_npi"))
)


def key(vault: Vault, placer: dict[str, Any], npi: str) -> str:
    """A number without a system is the physician's own."""
    return vault.hash("placer", placer["system"] or f"npi:{npi}", placer["number"])


def fingerprint(vault: Vault, said: dict[str, Any]) -> str:
    """Of everything that was said: what was left open does not count, so that a new field changes nothing."""
    return vault.hash("intake", json.dumps(_told(said), sort_keys=True))


def claim(session: Session, vault: Vault, said: dict[str, Any], referral_id: UUID) -> PlacerNumber | None:
    """Claim the number of an intake for its sender, or give who has it. Two at once: the second waits here."""
    if said["placer"] is None:
        return None
    if entered := _entered(session, vault, said):
        return entered
    number, whose = key(vault, said["placer"], said["physician"]["npi"]), sender()
    values = {"key": number, "sender": whose, "fingerprint": fingerprint(vault, said), "referral_id": referral_id}
    if session.scalar(insert(PlacerNumber).values(values).on_conflict_do_nothing().returning(PlacerNumber.key)):
        return None
    return session.get_one(PlacerNumber, (number, whose))


def held(session: Session, vault: Vault, said: dict[str, Any]) -> PlacerNumber | None:
    """Who has the number of an intake, for whoever sends it."""
    if said["placer"] is None:
        return None
    number = key(vault, said["placer"], said["physician"]["npi"])
    return _entered(session, vault, said) or session.get(PlacerNumber, (number, sender()))


def numbered(session: Session, number: str) -> Iterable[Referral]:
    """The referrals under a number's key that whoever acts may know of, the newest first."""
    its = select(Referral).join(PlacerNumber).where(PlacerNumber.key == number).order_by(Referral.id.desc())
    return session.scalars(its if sender() == PRACTICE else its.where(PlacerNumber.sender == sender()))


def _entered(session: Session, vault: Vault, said: dict[str, Any]) -> PlacerNumber | None:
    """To the practice: what an office sent under this number, of the same physician and patient, is there already."""
    if sender() != PRACTICE:
        return None
    npi = said["physician"]["npi"]
    found = session.execute(_OF_OFFICES, {"number": key(vault, said["placer"], npi), "its_npi": npi})
    return next((row for row, referral in found if _same(vault, row, referral, said)), None)


def _same(vault: Vault, row: PlacerNumber, referral: Referral, said: dict[str, Any]) -> bool:
    """What is the same word for word is, even where nothing of the patient is known any more."""
    if row.fingerprint == fingerprint(vault, said):
        return True
    known = vault.open(referral.patient.contact)
    return bool(known["born_on"]) and score(Person.of(known), Person.of(said["patient"])).outcome == "same"


def _told(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _told(value) for name, value in said.items() if value not in (None, [])}
    return said
