"""Records that may be of one person: raised at intake, decided at the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.ids import new_id
from services.referrals.models import PatientMatch
from services.referrals.people.patients import Found
from services.referrals.people.register import Match

MOST = 3
"""Raised for one new record: the likeliest."""


def raise_matches(session: Session, found: Iterable[tuple[Found, UUID]], now: datetime) -> dict[UUID, list[UUID]]:
    """`found` goes with the id of the referral that it came in with. The ids of what the desk has to decide, by
    referral; a pair is raised once."""
    rows = [_row(one.patient.id, match, referral, now) for one, referral in found for match in one.maybe[:MOST]]
    raised: dict[UUID, list[UUID]] = {}
    if rows:
        put = insert(PatientMatch).on_conflict_do_nothing()
        made: Iterable[Any] = session.execute(put.returning(PatientMatch.id, PatientMatch.referral_id), rows)
        for id_, referral_id in sorted(made):
            raised.setdefault(referral_id, []).append(id_)
    return raised


def _row(patient_id: UUID, match: Match, referral_id: UUID, now: datetime) -> dict[str, Any]:
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
