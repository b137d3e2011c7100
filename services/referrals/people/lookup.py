"""Finding the patients that somebody may be, by keyed hashes: the records themselves are sealed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, column, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased, object_session

from services.chassis.vault import Vault
from services.referrals.models import Patient, PatientKey
from services.referrals.people.matching import Outcome, Person, Score, plain, score
from services.referrals.people.sound import sounds

FEW = 20
"""Candidates for one key, the newest: a phone of a whole nursing home does not make one intake slow."""

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1, hashtext(:key))")

_CANDIDATES = text(
    """
    SELECT DISTINCT found.patient_id
    FROM unnest(CAST(:keys AS text[])) AS wanted (key)
    CROSS JOIN LATERAL (
        SELECT patient_id FROM patient_keys WHERE patient_keys.key = wanted.key ORDER BY patient_id DESC LIMIT :few
    ) AS found
    """
).columns(column("patient_id", Uuid))


@dataclass(frozen=True, slots=True)
class Match:
    patient: Patient
    score: Score


def exact_keys(vault: Vault, person: Person) -> list[str]:
    """Of the name with the date of birth; and of both with the phone, as written."""
    as_written = " ".join(unicodedata.normalize("NFKC", person.name).casefold().split())
    return [
        vault.hash("person", plain(person.name), person.born_on),
        vault.hash("patient", as_written, person.born_on, person.phone or ""),
    ]


def keys(vault: Vault, person: Person) -> list[str]:
    """Everything a record is found by."""
    found = [*exact_keys(vault, person), vault.hash("name", plain(person.name))]
    found += [vault.hash("sound", person.born_on, each) for each in set(sounds(plain(person.name)))]
    if person.phone:
        found.append(vault.hash("phone", person.phone))
    if person.email:
        found.append(vault.hash("email", person.email.casefold()))
    return found


def candidates(session: Session, vault: Vault, person: Person, wanted: Iterable[str]) -> list[Match]:
    """Those who share a key, the likeliest first, and of equals the oldest."""
    sharing = select(_CANDIDATES.subquery().c.patient_id)
    rows = session.scalars(select(Patient).where(Patient.id.in_(sharing)), {"keys": list(wanted), "few": FEW})
    found = [Match(row, score(person, Person.of(vault.open(row.contact)))) for row in rows]
    return sorted(found, key=lambda match: (_RANK[match.score.outcome], -match.score.total, match.patient.id))


_RANK: dict[Outcome, int] = {"same": 0, "maybe": 1, "new": 2}


def put_keys(session: Session, vault: Vault, patient_id: UUID, person: Person, before: Person | None = None) -> None:
    """Make a record findable as it is now, and no longer as it was."""
    now, then = set(keys(vault, person)), set(keys(vault, before)) if before else set()
    if gone := then - now:
        session.execute(delete(PatientKey).where(PatientKey.patient_id == patient_id, PatientKey.key.in_(gone)))
    rows = [{"key": key, "patient_id": patient_id} for key in sorted(now - then)]
    if rows:
        session.execute(insert(PatientKey).on_conflict_do_nothing(), rows)


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
