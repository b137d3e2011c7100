"""One patient: who is already known is found again, and what changed about them is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.chassis.versions import heed
from services.contracts.referrals import PatientContactChanged
from services.referrals.models import Patient
from services.referrals.people.contact import CONSENTS, REFERRAL, after, consented_at, joined
from services.referrals.people.lookup import family, put_keys, root
from services.referrals.people.matching import Person
from services.referrals.people.register import Match, Register
from services.referrals.whose import has_sent


@dataclass(frozen=True, slots=True)
class Found:
    patient: Patient
    told: Sequence[PatientContactChanged]
    maybe: Sequence[Match] = ()
    """Others who may be the same person, when the record is new."""


def patients_of(session: Session, vault: Vault, said: Sequence[dict[str, Any]], now: datetime) -> list[Found]:
    """The patients that referrals name, in their order: known, or new with a list of who it may be besides."""
    register = Register(session, vault, map(Person.of, said))
    found = [_patient_of(session, vault, register, one, now) for one in said]
    register.settle()
    return found


def _patient_of(session: Session, vault: Vault, register: Register, said: dict[str, Any], now: datetime) -> Found:
    person = Person.of(said)
    if same := _same(session, vault, register.exactly(person), person):
        return _known(session, vault, register, same, said, now)
    found = register.alike(person)
    if same := _same(session, vault, found, person):
        return _known(session, vault, register, same, said, now)
    contact = after({}, said, source=REFERRAL, at=instant(now))
    patient = Patient(id=new_id(), contact=vault.close(contact), version=1)
    session.add(patient)
    register.add(patient, person)
    return Found(patient, [contact_event(patient, contact)], [one for one in found if one.score.outcome != "new"])


def _same(session: Session, vault: Vault, found: list[Match], person: Person) -> Match | None:
    """Who it is; nobody, when an office would learn or change how a patient of others is reached: the desk decides."""
    alike = (match for match in found if match.score.outcome == "same")
    return next((match for match in alike if _may_have(session, vault, match.patient, person)), None)


def _may_have(session: Session, vault: Vault, patient: Patient, person: Person) -> bool:
    top = root(session, patient)
    held = Person.of(vault.open(top.contact))
    if (held.phone, held.email) == (person.phone, person.email):
        return True
    return has_sent(session, [record.id for record in family(session, top)])


def _known(
    session: Session, vault: Vault, register: Register, match: Match, said: dict[str, Any], now: datetime
) -> Found:
    """What a referral does not say about somebody leaves what is known of them as it is; so does the spelling."""
    told = {name: value for name, value in said.items() if value is not None and name not in ("name", "born_on")}
    top = root(session, match.patient)
    if _changed(vault, top, told, REFERRAL, now) is None:
        return Found(top, [])
    register.settle()
    changes = correct(session, vault, top, told, source=REFERRAL, now=now)
    register.look_again(root(session, top))
    return Found(top, changes)


def correct(
    session: Session, vault: Vault, patient: Patient, told: dict[str, Any], *, source: str, now: datetime
) -> list[PatientContactChanged]:
    """Put what is told of a person; the events, none when nothing changed. What they agree to counts for every record
    of theirs, the rest for the one that counts. `now` is when it was said."""
    top = root(session, patient)
    if _changed(vault, top, told, source, now) is None:
        return []
    if not _locked(session, top):
        return correct(session, vault, top, told, source=source, now=now)
    consents = {name: told[name] for name in CONSENTS.values() if name in told}
    changed = [_put(session, vault, top, told, source, now)]
    changed += [_put(session, vault, each, consents, source, now) for each in family(session, top)[1:]]
    return tell(session, vault, top) if any(changed) else []


def _locked(session: Session, top: Patient) -> bool:
    """Whether it still counts, and is locked. One that was merged meanwhile is let go: whoever holds the record that
    counts takes those below it, so nobody may hold one of these and wait for the other."""
    with session.begin_nested() as point:
        session.refresh(top, with_for_update={"key_share": True})
        if top.merged_into is None:
            return True
        point.rollback()
    session.refresh(top)
    return False


def held_as_seen(session: Session, patient: Patient, seen: int | None) -> Patient:
    """The record that counts for this one, locked where somebody acts on a version that they have seen.

    Raises `StaleVersion`.
    """
    top = root(session, patient)
    if seen is None:
        return top
    while not _locked(session, top):
        top = root(session, top)
    session.refresh(patient)
    heed(seen, patient.version)
    return top


def _put(session: Session, vault: Vault, record: Patient, told: dict[str, Any], source: str, now: datetime) -> bool:
    held, contact = vault.open(record.contact), _changed(vault, record, told, source, now)
    if contact is None:
        return False
    record.contact = vault.close(contact)
    put_keys(session, vault, record.id, Person.of(contact), Person.of(held))
    return True


def _changed(vault: Vault, patient: Patient, told: dict[str, Any], source: str, now: datetime) -> dict[str, Any] | None:
    held, at = vault.open(patient.contact), instant(now)
    contact = after(held, told, source=source, at=at)
    return contact if contact != after(held, {}, source=source, at=at) else None


def tell(session: Session, vault: Vault, top: Patient) -> list[PatientContactChanged]:
    """How one person is reached, told for each of their records."""
    records = family(session, top)
    contact = joined([vault.open(record.contact) for record in records])
    for record in records:
        record.version += 1
    session.flush()
    return [contact_event(record, contact) for record in records]


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def contact_event(patient: Patient, contact: dict[str, Any]) -> PatientContactChanged:
    at = consented_at(contact)
    return PatientContactChanged(
        patient_id=patient.id,
        version=patient.version,
        name=contact["name"],
        phone=contact["phone"],
        email=contact["email"],
        language=contact["language"] or "en",
        text_consent=bool(contact["text_consent"]),
        email_consent=bool(contact["email_consent"]),
        consented_at=datetime.fromisoformat(at) if at else None,
        timezone=contact.get("timezone"),
    )
