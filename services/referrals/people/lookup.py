"""Finding the patients that somebody may be, by keyed hashes: the records themselves are sealed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session, aliased, object_session

from services.chassis.vault import Vault
from services.referrals.models import Patient, PatientKey
from services.referrals.people.matching import Person, plain
from services.referrals.people.sound import sounds

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1, hashtext(:key))")

_WRITE = text(
    "INSERT INTO patient_keys (key, patient_id) SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:ids AS uuid[]))"
    " ON CONFLICT DO NOTHING"
)

EXACT = 2
"""As many keys are of the name together with the date of birth; they are the first."""


def whole_key(vault: Vault, person: Person) -> str:
    """Of the name with the date of birth."""
    return vault.hash("person", plain(person.name), person.born_on)


def keys(vault: Vault, person: Person) -> list[str]:
    """Everything a record is found by. First `whole_key`, and the same with the phone, as written."""
    name, as_written = plain(person.name), " ".join(unicodedata.normalize("NFKC", person.name).casefold().split())
    found = [
        vault.hash("person", name, person.born_on),
        vault.hash("patient", as_written, person.born_on, person.phone or ""),
        vault.hash("name", name),
    ]
    found += [vault.hash("sound", person.born_on, each) for each in set(sounds(name))]
    if person.phone:
        found.append(vault.hash("phone", person.phone))
    if person.email:
        found.append(vault.hash("email", person.email.casefold()))
    return found


def put_keys(session: Session, vault: Vault, patient_id: UUID, person: Person, before: Person | None = None) -> None:
    """Make a record findable as it is now, and no longer as it was."""
    now, then = set(keys(vault, person)), set(keys(vault, before)) if before else set()
    if gone := then - now:
        session.execute(delete(PatientKey).where(PatientKey.patient_id == patient_id, PatientKey.key.in_(gone)))
    write_keys(session, [(key, patient_id) for key in sorted(now - then)])


def write_keys(session: Session, rows: Sequence[tuple[str, UUID]]) -> None:
    if rows:
        its_keys, ids = zip(*rows, strict=True)
        session.execute(_WRITE, {"keys": [*its_keys], "ids": [str(id_) for id_ in ids]})


def root(session: Session, patient: Patient) -> Patient:
    """The record that counts for this one."""
    if patient.merged_into is None:
        return patient
    chain = select(Patient.id, Patient.merged_into).where(Patient.id == patient.id).cte(recursive=True)
    upper = aliased(Patient)
    chain = chain.union(select(upper.id, upper.merged_into).join(chain, upper.id == chain.c.merged_into))
    top = select(Patient).join(chain, Patient.id == chain.c.id).where(Patient.merged_into.is_(None))
    return session.scalars(top).one()


def counting(patient: Patient) -> Patient:
    """`root`, for a record that was loaded."""
    session = object_session(patient)
    return root(session, patient) if session else patient


def family(session: Session, top: Patient) -> list[Patient]:
    """A record with all that were merged into it, itself first."""
    below = select(Patient.id).where(Patient.id == top.id).cte(recursive=True)
    lower = aliased(Patient)
    below = below.union(select(lower.id).join(below, lower.merged_into == below.c.id))
    rows = session.scalars(select(Patient).where(Patient.id.in_(select(below.c.id))).order_by(Patient.id)).all()
    return [top, *(row for row in rows if row.id != top.id)]
