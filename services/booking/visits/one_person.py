"""A patient is in one place at a time, also under two ids: merged records claim time as one resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.booking.models import MergedPatient, Order, Resource
from services.booking.visits.claiming import lock
from services.chassis import audit
from services.contracts.referrals import PatientsMerged, PatientsSeparated

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(2, 0)")
WHILE_NOBODY_MERGES = text("SELECT pg_advisory_xact_lock_shared(2, 0)")
"""Taken before an order's row is, as whoever merges waits for the rows of orders."""

# The id that counts for a patient: follow the merges to their end.
COUNTS_AS = text("""
    WITH RECURSIVE chain (id, depth) AS (
        SELECT CAST(:patient AS uuid), 0
        UNION
        SELECT counts_as, depth + 1 FROM merged_patients JOIN chain ON patient_id = id
         WHERE counts_as IS NOT NULL AND depth < 100)
    SELECT id FROM chain ORDER BY depth DESC LIMIT 1""")

# Whoever counts as a patient, directly or not, and the patient.
UNDER = text("""
    WITH RECURSIVE under (id) AS (
        SELECT CAST(:patient AS uuid)
        UNION
        SELECT patient_id FROM merged_patients JOIN under ON counts_as = id)
    SELECT id FROM under""")

# Two visits of one person at the same time stay as they are booked; no further one can be added.
MOVE_CLAIMS = text("""
    UPDATE claims SET resource_id = :to
      FROM sessions JOIN series ON series.id = sessions.series_id
     WHERE claims.session_id = sessions.id AND order_id = ANY(CAST(:orders AS uuid[])) AND resource_id = :from
       AND upper(during) > fascia_now()
       AND NOT EXISTS (SELECT FROM claims AS other WHERE other.resource_id = :to AND other.during && claims.during)""")


def merged(session: Session, event: PatientsMerged) -> None:
    _stands(session, event.merged_id, event.patient_id, event.merged_at)


def separated(session: Session, event: PatientsSeparated) -> None:
    _stands(session, event.separated_id, None, event.separated_at)


def resource_of(session: Session, patient_id: UUID) -> int:
    """What claims this patient's time."""
    counting = session.scalars(COUNTS_AS, {"patient": patient_id}).one()
    put = insert(Resource).values(kind="patient", key=str(counting))
    # an update that changes nothing, because only then is the id of a row that exists returned
    row = put.on_conflict_do_update(constraint="resources_kind_key", set_={"key": put.excluded.key})
    return session.scalars(row.returning(Resource.id)).one()


def _stands(session: Session, patient_id: UUID, counts_as: UUID | None, at: datetime) -> None:
    """Unless something newer is known."""
    session.execute(ONE_AT_A_TIME)
    row = insert(MergedPatient).values(patient_id=patient_id, counts_as=counts_as, changed_at=at)
    newer = row.on_conflict_do_update(
        index_elements=[MergedPatient.patient_id],
        set_={"counts_as": row.excluded.counts_as, "changed_at": row.excluded.changed_at},
        where=MergedPatient.changed_at < row.excluded.changed_at,
    )
    if session.scalar(newer.returning(MergedPatient.patient_id)) is None:
        return
    people = session.scalars(UNDER, {"patient": patient_id}).all()
    _claim_as(session, people, resource_of(session, patient_id))
    audit.record(session, "patients_merged" if counts_as else "patients_separated", "patient", patient_id)


def _claim_as(session: Session, people: Sequence[UUID], resource: int) -> None:
    """The orders of these patients claim time as this resource from now on, and for what is still to come."""
    query = select(Order).where(Order.patient_id.in_(people)).order_by(Order.id).with_for_update(key_share=True)
    moved: dict[int, list[str]] = {}
    for order in session.scalars(query):
        if order.patient_resource_id != resource:
            moved.setdefault(order.patient_resource_id, []).append(str(order.id))
            order.patient_resource_id = resource
    session.flush()
    lock(session, [resource, *moved])
    for before, orders in sorted(moved.items()):
        session.execute(MOVE_CLAIMS, {"to": resource, "from": before, "orders": orders})
