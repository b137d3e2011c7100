"""Time is claimed and given back. Two claims of one resource never overlap: the database refuses the second.

Locks are taken in one order by everybody, so that nobody waits in a circle: the order's row, the series' row, then
the resources, ascending. Only then is looked at what else there is: the time of a hold that is over is free, and
nobody is booked who is absent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.booking.models import Claim, Order, Visit
from services.booking.practice.location import Practice
from services.booking.practice.taken import check_ways
from services.booking.refusals import SlotTaken
from services.booking.treatment import safety
from services.booking.visits.bookable import Claimed, Wanted, claims_of

# One statement takes them in ascending order; the minus keeps them apart from other locks of this database.
LOCKS = text("""
    SELECT pg_advisory_xact_lock(-id)
      FROM (SELECT unnest(CAST(:resources AS bigint[]))
             UNION
            SELECT resource_id FROM claims WHERE session_id = ANY(CAST(:sessions AS uuid[]))
             ORDER BY 1) AS wanted(id)""")

# A function of the database: it locks first, and its plan is kept by each connection.
CLAIM = text("""
    SELECT claim_times(CAST(:sessions AS uuid[]), CAST(:resources AS bigint[]),
                       CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))""")


def lock(session: Session, resources: Iterable[int] = (), sessions: Iterable[UUID] = ()) -> None:
    """Until the transaction ends, nobody else claims or frees time of these resources, or of what these sessions
    claim."""
    session.execute(LOCKS, {"resources": list(resources), "sessions": [str(one) for one in sessions]})


def claim_visits(session: Session, order: Order, practice: Practice, visits: Sequence[Visit]) -> None:
    """Claim therapist, room and patient for visits whose rows are flushed.

    Raises `SlotTaken`, `BlockedBySafetyGate`.
    """
    check_gate(session, order, practice, {visit.therapist_id for visit in visits})
    claim(session, [(visit.id, claimed) for visit in visits for claimed in _of_visit(visit, order, practice)])
    check_ways(session, practice, order, visits)


def check_gate(session: Session, order: Order, practice: Practice, treating: Collection[int]) -> None:
    """Raises `BlockedBySafetyGate`."""
    safety.check(session, order, [one for one in practice.therapists if one.id in treating])


def _of_visit(visit: Visit, order: Order, practice: Practice) -> list[Claimed]:
    """As long as the visit is; the order may have been amended to another length since it was booked."""
    minutes = (visit.ends_at - visit.starts_at) // timedelta(minutes=1)
    return claims_of(
        Wanted(visit.starts_at, visit.therapist_id, visit.room_id),
        order.patient_resource_id,
        practice.buffer_of(visit.therapist_id, minutes),
        replace(order.terms, session_minutes=minutes),
    )


def claim(session: Session, claimed: Sequence[tuple[UUID, Claimed]]) -> None:
    """Claim time for sessions whose rows are flushed. Raises `SlotTaken`."""
    asked = {
        "sessions": [str(session_id) for session_id, _ in claimed],
        "resources": [one.resource for _, one in claimed],
        "begins": [one.begins for _, one in claimed],
        "ends": [one.ends for _, one in claimed],
    }
    try:
        written = session.connection().scalar(CLAIM, asked)
    except IntegrityError as error:
        if not _says_taken(error):
            raise
        raise SlotTaken from None
    if written != len(claimed):
        raise SlotTaken


def release(session: Session, session_ids: Sequence[UUID], also: Iterable[int] = ()) -> None:
    """Give back all time that these sessions claim; `also` locks resources that are claimed next."""
    lock(session, also, session_ids)
    session.execute(delete(Claim).where(Claim.session_id.in_(session_ids)))


def _says_taken(error: IntegrityError) -> bool:
    """Whether PostgreSQL refused because two claims overlap."""
    return getattr(error.orig, "pgcode", None) == "23P01"
