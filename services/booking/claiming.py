"""Time is claimed and given back. Two claims of one resource never overlap: the database refuses the second.

Whoever claims takes the locks of its resources first, in ascending order, so that nobody waits in a circle; then
drops holds whose time is over, and looks whether anybody went absent in the meantime.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.bookable import Claimed
from services.booking.models import Claim

# One statement takes them in ascending order, so that two bookings never wait for each other; the
# minus keeps them apart from other locks of this database.
LOCKS = text("SELECT pg_advisory_xact_lock(-id) FROM unnest(CAST(:resources AS bigint[])) AS id")


def lock(session: Session, resources: Iterable[int]) -> None:
    """Until the transaction ends, nobody else claims or frees time of these resources."""
    session.execute(LOCKS, {"resources": sorted(set(resources))})


def claim(session: Session, claimed: Sequence[tuple[UUID, Claimed]]) -> None:
    """Claim time for sessions whose rows are flushed.

    Raises PostgreSQL's exclusion violation when a time is taken.
    """
    lock(session, (one.resource for _, one in claimed))
    session.add_all(
        Claim(session_id=session_id, resource_id=one.resource, during=Range(one.begins, one.ends))
        for session_id, one in claimed
    )
    session.flush()


def release(session: Session, session_ids: Sequence[UUID]) -> None:
    """Give back all time that these sessions claim."""
    session.execute(delete(Claim).where(Claim.session_id.in_(session_ids)))
