"""What is known of referrals, read in one statement."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.notify.planning.shapes import Known, Row, known

_OF_REFERRALS = ("series", "series_acts", "visits", "visit_acts", "offers", "renewals", "choices")

_ABOUT = """
WITH named AS (
    SELECT patient_id FROM referrals WHERE id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM series WHERE referral_id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM visits WHERE referral_id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT patient_id FROM offers WHERE referral_id = ANY (CAST(:ids AS uuid[]))
), whose AS (
    SELECT patient_id FROM named
    UNION SELECT other.patient_id FROM merged_patients AS mine JOIN merged_patients AS other USING (person_id)
     WHERE mine.patient_id = ANY (ARRAY (SELECT patient_id FROM named))
), about AS (
    SELECT unnest(CAST(:ids AS uuid[])) AS id
    UNION SELECT id FROM referrals WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM series WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM visits WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
    UNION SELECT referral_id FROM offers WHERE :all AND patient_id = ANY (ARRAY (SELECT patient_id FROM whose))
)
SELECT 'referrals', to_jsonb(r) || jsonb_build_object('referral_id', id)
    FROM referrals r WHERE id = ANY (ARRAY (SELECT id FROM about))
UNION ALL SELECT 'replies', to_jsonb(r) - 'body'
    FROM replies r WHERE answer IS NOT NULL AND referral_id = ANY (ARRAY (SELECT id FROM about))
UNION ALL SELECT 'asked', jsonb_build_object('referral_id', id) FROM about
"""
# Arrays, so that each part is looked up by its index, whatever is known of how many there are.
_EVERYTHING = text(
    _ABOUT
    + "".join(
        f" UNION ALL SELECT '{name}', to_jsonb(r) FROM {name} r WHERE referral_id = ANY (ARRAY (SELECT id FROM about))"
        for name in _OF_REFERRALS
    )
)


def load(session: Session, referral_ids: list[UUID], whole_patients: bool = True) -> list[Known]:
    """All that is known of these referrals; of all their patients' others too, under any record, if wanted."""
    rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    found: Any = session.execute(_EVERYTHING, {"ids": referral_ids, "all": whole_patients})
    for table, row in found:
        rows[table][row["referral_id"]].append(row)
    return [known(id_, rows) for id_ in sorted(rows["asked"])]
