"""One patient, one physician: who is already known is found again, and what changed about them is told."""

from __future__ import annotations

import unicodedata
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.contracts.referrals import PatientContactChanged, PhysicianContactChanged
from services.referrals.models import Patient, Physician

Person = TypeVar("Person", Patient, Physician)


def patient_of(session: Session, vault: Vault, said: dict[str, Any]) -> tuple[Patient, PatientContactChanged | None]:
    """The patient with this name, date of birth and phone; and the event, if contact data is new."""
    key = vault.hash("patient", _plain(said["name"]), said["born_on"], said["phone"] or "")
    found = _found_or_made(session, vault, Patient, "match_key", key, said)
    patient, changed = found or _updated(session, vault, Patient, "match_key", key, {**said, "name": None})
    return patient, _patient_event(patient, vault) if changed else None


def physician_of(
    session: Session, vault: Vault, said: dict[str, Any]
) -> tuple[Physician, PhysicianContactChanged | None]:
    """The physician with this NPI; and the event, if contact data is new."""
    contact = {name: value for name, value in said.items() if name != "npi"}
    found = _found_or_made(session, vault, Physician, "npi", said["npi"], contact)
    physician, changed = found or _updated(session, vault, Physician, "npi", said["npi"], contact)
    return physician, _physician_event(physician, vault) if changed else None


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _found_or_made(
    session: Session, vault: Vault, kind: type[Person], key_name: str, key: str, contact: dict[str, Any]
) -> tuple[Person, bool] | None:
    row = insert(kind).values({"id": new_id(), key_name: key, "contact": vault.close(contact), "version": 1})
    made = session.scalar(row.on_conflict_do_nothing(index_elements=[key_name]).returning(kind))
    return (made, True) if made else None


def _updated(
    session: Session, vault: Vault, kind: type[Person], key_name: str, key: str, said: dict[str, Any]
) -> tuple[Person, bool]:
    """What a referral does not say about somebody leaves what is known of them as it is."""
    told = {name: value for name, value in said.items() if value is not None}
    query = select(kind).where(getattr(kind, key_name) == key).execution_options(populate_existing=True)
    person = session.scalars(query).one()
    if _same(vault.open(person.contact), told):
        return person, False
    person = session.scalars(query.with_for_update(key_share=True)).one()
    held = vault.open(person.contact)
    if _same(held, told):
        return person, False
    person.contact = vault.close({**held, **told})
    person.version += 1
    return person, True


def _same(held: dict[str, Any], told: dict[str, Any]) -> bool:
    return all(held.get(name) == value for name, value in told.items())


def _patient_event(patient: Patient, vault: Vault) -> PatientContactChanged:
    contact = vault.open(patient.contact)
    return PatientContactChanged(
        patient_id=patient.id,
        version=patient.version,
        name=contact["name"],
        phone=contact["phone"],
        email=contact["email"],
        language=contact["language"] or "en",
        text_consent=bool(contact["text_consent"]),
        email_consent=bool(contact["email_consent"]),
    )


def _physician_event(physician: Physician, vault: Vault) -> PhysicianContactChanged:
    contact = vault.open(physician.contact)
    channels = {name: contact[name] for name in ("name", "practice", "phone", "fax", "email")}
    return PhysicianContactChanged(physician_id=physician.id, version=physician.version, **channels)
