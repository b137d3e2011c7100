"""One event at a time for each clinic, referral, patient and physician; records of one person are one patient.

Two events about one patient may be handled at once in different workers; without a lock each would plan
without the other's row. Locks are taken in one order (clinic, referral, patient, physician, then by key), and
held to the end of the transaction, so that whoever comes later sees what the earlier one committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

CLINIC, REFERRAL, PATIENT, PHYSICIAN = 1, 2, 3, 4

_ALONE = text("SELECT pg_advisory_xact_lock(:kind, 0)")
_TOGETHER = text("SELECT pg_advisory_xact_lock_shared(:kind, 0)")
_KEY = "('x' || right({}::text, 8))::bit(32)::integer"
"""Of a lock: the last four bytes of an id."""

# Who plans does so together with all who plan, while the clinic stays as it is.
_REFERRALS = text(
    f"SELECT pg_advisory_xact_lock_shared({CLINIC}, 0) UNION ALL"
    f" SELECT pg_advisory_xact_lock({REFERRAL}, key)"
    f" FROM (SELECT DISTINCT {_KEY.format('id')} AS key FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY key) AS sorted"
)
# A statement of its own: it has to see what was committed while the referrals were waited for.
_PEOPLE = text(
    "SELECT pg_advisory_xact_lock(kind, key) FROM ("
    f" SELECT DISTINCT kind, {_KEY.format('coalesce(person_id, id)')} AS key FROM ("
    f"  SELECT {PATIENT} AS kind, unnest(CAST(:patients AS uuid[])) AS id"
    f"  UNION ALL SELECT {PHYSICIAN}, unnest(CAST(:physicians AS uuid[]))"
    f"  UNION ALL SELECT {PATIENT}, patient_id FROM referrals WHERE id = ANY (CAST(:ids AS uuid[]))"
    f"  UNION ALL SELECT {PATIENT}, patient_id FROM series WHERE referral_id = ANY (CAST(:ids AS uuid[]))"
    f"  UNION ALL SELECT {PATIENT}, patient_id FROM visits WHERE referral_id = ANY (CAST(:ids AS uuid[]))"
    f"  UNION ALL SELECT {PATIENT}, patient_id FROM offers WHERE referral_id = ANY (CAST(:ids AS uuid[]))"
    f"  UNION ALL SELECT {PHYSICIAN}, physician_id FROM referrals WHERE id = ANY (CAST(:ids AS uuid[]))"
    f"  UNION ALL SELECT {PHYSICIAN}, CAST(copy ->> 'physician_id' AS uuid)"
    "    FROM referrals, jsonb_array_elements(copies) AS copy WHERE id = ANY (CAST(:ids AS uuid[]))"
    f" ) AS people LEFT JOIN merged_patients ON kind = {PATIENT} AND patient_id = id ORDER BY kind, key) AS sorted"
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
    _lock_people(session, [], patients, physicians)


def lock_referral(session: Session, referral_id: UUID, patient_id: UUID, *physicians: UUID | None) -> None:
    """The referral, its patient, and its physicians, as now known and as given."""
    session.execute(_REFERRALS, {"ids": [referral_id]})
    _lock_people(session, [referral_id], [patient_id], [id_ for id_ in physicians if id_])


def lock_referrals(session: Session, ids: list[UUID]) -> None:
    """These referrals, their patients and their physicians, as now known."""
    session.execute(_REFERRALS, {"ids": ids})
    _lock_people(session, ids, [], [])


def _lock_people(session: Session, referrals: list[UUID], patients: Iterable[UUID], physicians: Iterable[UUID]) -> None:
    session.execute(_PEOPLE, {"ids": referrals, "patients": list(patients), "physicians": list(physicians)})
