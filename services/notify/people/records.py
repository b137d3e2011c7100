"""Which records are of one person, as far as somebody found out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, select, text
from sqlalchemy.orm import Session, aliased

from services.notify.models import MergedPatient

RECORDS = (
    "ARRAY (SELECT other.patient_id FROM merged_patients AS mine JOIN merged_patients AS other USING (person_id)"
    " WHERE mine.patient_id = {patient} UNION SELECT {patient})"
)
"""SQL: every record of the person whose record `{patient}` is, itself included."""

_OF_ALL = text(
    "SELECT other.patient_id FROM merged_patients AS mine JOIN merged_patients AS other USING (person_id)"
    " WHERE mine.patient_id = ANY (CAST(:ids AS uuid[])) UNION SELECT unnest(CAST(:ids AS uuid[]))"
).columns(patient_id=Uuid)


def records_of(session: Session, patients: Collection[UUID]) -> set[UUID]:
    """These records, and all others of the same persons."""
    return set(session.scalars(_OF_ALL, {"ids": sorted(patients)})) if patients else set()


def persons(session: Session, patients: Collection[UUID]) -> set[UUID]:
    """By the record that counts for each."""
    rows = select(MergedPatient.patient_id, MergedPatient.person_id).where(MergedPatient.patient_id.in_(patients))
    known: dict[UUID, UUID] = {row.patient_id: row.person_id for row in session.execute(rows)} if patients else {}
    return {known.get(record, record) for record in patients}


def same_person(record: Any) -> Any:
    """SELECT of the other records of the person whose record this column is."""
    mine, other = aliased(MergedPatient), aliased(MergedPatient)
    return select(other.patient_id).join(mine, mine.person_id == other.person_id).where(mine.patient_id == record)
