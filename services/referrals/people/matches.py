"""Records that may be of one person: raised at intake, decided at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.ids import new_id
from services.referrals.models import PatientMatch
from services.referrals.people.lookup import Match
from services.referrals.people.patients import Found

MOST = 3
"""Raised for one new record: the likeliest."""


def raise_matches(session: Session, found: Found, referral_id: UUID | None, now: datetime) -> Sequence[UUID]:
    """The ids of what the desk has to decide; a pair is raised once."""
    rows = [_row(found.patient.id, match, referral_id, now) for match in found.maybe[:MOST]]
    if not rows:
        return []
    put = insert(PatientMatch).values(rows).on_conflict_do_nothing()
    return session.scalars(put.returning(PatientMatch.id)).all()


def _row(patient_id: UUID, match: Match, referral_id: UUID | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "patient_id": patient_id,
        "other_id": match.patient.id,
        "referral_id": referral_id,
        "score": match.score.total,
        "reasons": match.score.reasons,
        "verdict": "open",
        "raised_at": now,
    }
