"""Records that turned out to be of one person, and two again. Each keeps its referrals and messages; what is planned,
counted and agreed to is of the person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.contracts.referrals import PatientsMerged, PatientsSeparated
from services.notify import links
from services.notify.models import MergedPatient
from services.notify.people.records import records_of
from services.notify.planning.learn import referrals_of
from services.notify.planning.locks import lock_clinic
from services.notify.planning.reconcile import reconcile

Edges = dict[UUID, UUID | None]
"""As which other record each one counts; None for itself."""

# One that others count as is of the group, though nothing was told of itself yet.
_JOIN = text(
    "INSERT INTO merged_patients (patient_id, person_id, changed_at)"
    " SELECT id, id, to_timestamp(0) FROM unnest(CAST(:ids AS uuid[])) AS id ON CONFLICT DO NOTHING"
)
_EDGES = text(
    "SELECT patient_id, counts_as FROM merged_patients WHERE person_id IN"
    " (SELECT person_id FROM merged_patients WHERE patient_id = ANY (CAST(:ids AS uuid[])))"
).columns(patient_id=Uuid, counts_as=Uuid)
_REGROUP = text(
    "UPDATE merged_patients AS one SET person_id = it.person"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[])) AS it (id, person)"
    " WHERE one.patient_id = it.id AND one.person_id <> it.person"
)


def merged(session: Session, event: PatientsMerged) -> None:
    _told(session, event.merged_id, event.patient_id, event.merged_at)


def separated(session: Session, event: PatientsSeparated) -> None:
    """What was sent while they were taken for one may have reached the other: its links open nothing any more."""
    lock_clinic(session)
    before = records_of(session, {event.patient_id, event.separated_id})
    if _told(session, event.separated_id, None, event.separated_at):
        for record in sorted(before):
            links.revoke_all(session, record)


def top(patient_id: UUID, edges: Edges) -> UUID:
    """The record that counts for this one; of records that count as one another, the least."""
    seen: list[UUID] = []
    while patient_id not in seen:
        seen.append(patient_id)
        above = edges.get(patient_id)
        if above is None:
            return patient_id
        patient_id = above
    return min(seen[seen.index(patient_id) :])


def _told(session: Session, patient_id: UUID, counts_as: UUID | None, at: datetime) -> bool:
    """Whether that is newer than what was known. Nobody plans meanwhile, as whose lock is whose may change."""
    lock_clinic(session)
    ids = {patient_id} | ({counts_as} if counts_as else set())
    session.execute(_JOIN, {"ids": sorted(ids)})
    row = insert(MergedPatient).values(patient_id=patient_id, person_id=patient_id, counts_as=counts_as, changed_at=at)
    newer = row.on_conflict_do_update(
        index_elements=[MergedPatient.patient_id],
        set_={"counts_as": row.excluded.counts_as, "changed_at": row.excluded.changed_at},
        where=MergedPatient.changed_at < row.excluded.changed_at,
    )
    if session.scalar(newer.returning(MergedPatient.patient_id)) is None:
        return False
    _plan(session, _regrouped(session, ids))
    audit.record(session, "patients_merged" if counts_as else "patients_separated", "patient", patient_id)
    return True


def _regrouped(session: Session, ids: Collection[UUID]) -> Collection[UUID]:
    """Everybody who was, or is, one person with one of these."""
    found: Any = session.execute(_EDGES, {"ids": sorted(ids)})
    edges: Edges = {row.patient_id: row.counts_as for row in found}
    people = {record: top(record, edges) for record in sorted(edges)}
    session.execute(_REGROUP, {"ids": list(people), "people": list(people.values())})
    return people.keys()


def _plan(session: Session, records: Collection[UUID]) -> None:
    found = {id_ for record in records for id_ in referrals_of(session, patient_id=record)}
    reconcile(session, sorted(found), ("patient",))
