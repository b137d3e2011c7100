"""One event at a time for each clinic, referral, patient and physician.

Two events about one patient may be handled at once in different workers; without a lock each would plan
without the other's row. Locks are taken in one order (clinic, referral, patient, physician, then by key), and
held to the end of the transaction, so that whoever comes later sees what the earlier one committed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select, text, union
from sqlalchemy.orm import Session

from services.notify.models import Offer, Referral, Series, Visit

CLINIC, REFERRAL, PATIENT, PHYSICIAN = 1, 2, 3, 4

_ALONE = text("SELECT pg_advisory_xact_lock(:kind, 0)")
_TOGETHER = text("SELECT pg_advisory_xact_lock_shared(:kind, 0)")
_LOCK = text(
    "SELECT pg_advisory_xact_lock(k.kind, k.key)"
    " FROM unnest(CAST(:kinds AS integer[]), CAST(:keys AS integer[])) AS k (kind, key)"
)


def lock_clinic(session: Session) -> None:
    """Alone: everything that plans waits."""
    session.execute(_ALONE, {"kind": CLINIC})


def lock_planning(session: Session) -> None:
    """Together with all who plan, while the clinic stays as it is."""
    session.execute(_TOGETHER, {"kind": CLINIC})


def lock_people(
    session: Session, *, patients: frozenset[UUID] = frozenset(), physicians: frozenset[UUID] = frozenset()
) -> None:
    lock_planning(session)
    _take(session, {(PATIENT, id_) for id_ in patients} | {(PHYSICIAN, id_) for id_ in physicians})


def lock_referral(session: Session, referral_id: UUID, patient_id: UUID, physician_id: UUID | None = None) -> None:
    """The referral, its patient, and its physicians, as now known and as given."""
    lock_planning(session)
    _take(session, {(REFERRAL, referral_id)})
    known = session.scalar(select(Referral.physician_id).where(Referral.id == referral_id))
    _take(session, {(PATIENT, patient_id)} | {(PHYSICIAN, id_) for id_ in (known, physician_id) if id_})


def lock_referrals(session: Session, ids: list[UUID]) -> None:
    """These referrals, their patients and their physicians, as now known."""
    lock_planning(session)
    _take(session, {(REFERRAL, id_) for id_ in ids})
    physicians = session.scalars(select(Referral.physician_id).where(Referral.id.in_(ids)))
    people: set[tuple[int, UUID]] = {(PHYSICIAN, id_) for id_ in physicians}
    knows: tuple[Any, ...] = (Referral.id, Series.referral_id, Visit.referral_id, Offer.referral_id)
    patients: Any = union(*(select(known.class_.patient_id).where(known.in_(ids)) for known in knows))
    people |= {(PATIENT, id_) for id_ in session.scalars(patients)}
    _take(session, people)


def _take(session: Session, wanted: set[tuple[int, UUID]]) -> None:
    keys = sorted({(kind, int.from_bytes(id_.bytes[-4:], signed=True)) for kind, id_ in wanted})
    if keys:
        session.execute(_LOCK, {"kinds": [kind for kind, _ in keys], "keys": [key for _, key in keys]})
