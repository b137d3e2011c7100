"""Following a referral through booking: its series, and the visits that took place.

Events may come twice, late and in any order; where the referral stands is worked out each time
from all that is known.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.contracts.booking import SeriesEvent, SessionCompleted
from services.referrals.models import Referral, Series, Standing, VisitKept
from services.referrals.stages import stage_after_booking


def series_stands(session: Session, event: SeriesEvent, standing: Standing) -> None:
    """A series was booked, changed, completed or cancelled."""
    referral = _locked(session, event.referral_id)
    row = insert(Series).values(
        id=event.series_id, referral_id=event.referral_id, version=event.version, standing=standing
    )
    newer = row.on_conflict_do_update(
        index_elements=[Series.id],
        set_={"version": row.excluded.version, "standing": row.excluded.standing},
        where=row.excluded.version > Series.version,
    )
    session.execute(newer)
    _settle(session, referral)


def visit_kept(session: Session, event: SessionCompleted) -> None:
    """A visit took place."""
    referral = _locked(session, event.referral_id)
    row = insert(VisitKept).values(
        session_id=event.session_id, referral_id=event.referral_id, completed_at=event.completed_at
    )
    session.execute(row.on_conflict_do_nothing())
    _settle(session, referral)


def _locked(session: Session, referral_id: UUID) -> Referral:
    query = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    return session.scalars(query).one()


def _settle(session: Session, referral: Referral) -> None:
    its = select(Series.standing, func.count()).where(Series.referral_id == referral.id).group_by(Series.standing)
    standing: dict[Standing, int] = dict(session.execute(its).all())
    kept = session.scalar(select(func.count()).where(VisitKept.referral_id == referral.id)) or 0
    stage = stage_after_booking(referral.status, standing.get("open", 0), standing.get("completed", 0))
    if (stage, kept) == (referral.status, referral.visits_kept):
        return
    referral.status, referral.visits_kept = stage, kept
    referral.version += 1
    audit.record(session, "referral_progressed", "referral", referral.id, status=stage, visits_kept=kept)
