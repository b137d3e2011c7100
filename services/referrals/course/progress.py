"""Following a referral through booking: its series, and the visits that took place.

Events may come twice, late and in any order; where the referral stands is worked out each time
from all that is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit, clock
from services.chassis.outbox import Outbox
from services.chassis.vault import Vault
from services.contracts.booking import SeriesBooked, SeriesEvent, SessionCompleted, SessionEvent
from services.contracts.referrals import ReferralAmended
from services.referrals.course.stages import stage_after_booking
from services.referrals.events import authorised, of_referral
from services.referrals.models import Referral, Series, Standing, Visit, VisitKept


@dataclass(frozen=True, slots=True)
class Desk:
    """With what the others are told of it."""

    outbox: Outbox
    vault: Vault
    table: Table


def series_stands(session: Session, desk: Desk, event: SeriesEvent, standing: Standing) -> None:
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
    if isinstance(event, SeriesBooked):
        referral.contacted_at = min(referral.contacted_at or event.booked_at, event.booked_at)
    _settle(session, desk, referral, getattr(event, "completed_at", None))


def visit_kept(session: Session, desk: Desk, event: SessionCompleted) -> None:
    """A visit took place."""
    referral = _locked(session, event.referral_id)
    row = insert(VisitKept).values(
        session_id=event.session_id, referral_id=event.referral_id, completed_at=event.completed_at
    )
    session.execute(row.on_conflict_do_nothing())
    _settle(session, desk, referral)


def visit_stands(session: Session, event: SessionEvent) -> None:
    """A visit has its time, or another one, or will not take place."""
    names = ("referral_id", "series_id", "version", "number", "status", "starts_at", "ends_at", "home_visit")
    told = {name: getattr(event, name) for name in names} | {"fate": getattr(event, "visit", None)}
    row = insert(Visit).values(id=event.session_id, **told)
    newer = row.on_conflict_do_update(
        index_elements=[Visit.id],
        set_={name: row.excluded[name] for name in told},
        where=row.excluded.version > Visit.version,
    )
    session.execute(newer)
    _hear(session, event)


NEWS = ("moved", "restored", "missed", "cancelled", "completed")
"""What can happen to a visit, and when it did: `moved_at`."""


def _hear(session: Session, event: SessionEvent) -> None:
    """The latest that happened to any visit of the referral is its news."""
    happened = next(((what, at) for what in NEWS if (at := getattr(event, f"{what}_at", None))), None)
    if happened is None:
        return
    news, at = happened
    older = or_(Referral.visit_news_at.is_(None), Referral.visit_news_at < at)
    changes = update(Referral).where(Referral.id == event.referral_id, older)
    session.execute(changes.values(visit_news=news, visit_news_at=at))


def _locked(session: Session, referral_id: UUID) -> Referral:
    query = select(Referral).where(Referral.id == referral_id).with_for_update(key_share=True)
    return session.scalars(query).one()


def _settle(session: Session, desk: Desk, referral: Referral, completed_at: datetime | None = None) -> None:
    its = select(Series.standing, func.count()).where(Series.referral_id == referral.id).group_by(Series.standing)
    standing: dict[Standing, int] = dict(session.execute(its).all())
    visits = select(func.count(), func.min(VisitKept.completed_at)).where(VisitKept.referral_id == referral.id)
    kept, referral.first_visit_at = session.execute(visits).one()
    stage = stage_after_booking(referral.status, standing.get("open", 0), standing.get("completed", 0))
    if stage != "completed":
        referral.completed_at = None
    elif completed_at:
        referral.completed_at = max(referral.completed_at or completed_at, completed_at)
    if (stage, kept) == (referral.status, referral.visits_kept):
        return
    late = referral.status == "expired" and stage != "expired"
    referral.status, referral.visits_kept = stage, kept
    referral.version += 1
    audit.record(session, "referral_progressed", "referral", referral.id, status=stage, visits_kept=kept)
    if late:
        _in_force_again(session, desk, referral)


def _in_force_again(session: Session, desk: Desk, referral: Referral) -> None:
    """It expired while this was on its way. Newer terms undo the end that was told."""
    referral.ended_at = referral.ended_because = None
    session.flush()
    what = authorised(referral, desk.vault, desk.table)
    desk.outbox.record(session, of_referral(ReferralAmended, referral, amended_at=clock.now(session), **what))
