"""What time does to referrals: they expire, once; and the desk hears of those with which nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session, selectinload

from services.chassis import clock
from services.chassis.outbox import Outbox
from services.chassis.runtime import Runtime
from services.referrals.course.coverage import lapsed
from services.referrals.course.ending import end_all
from services.referrals.course.stages import WAITING, WATCHED
from services.referrals.events import resumed, stalled
from services.referrals.models import Referral, Visit
from services.referrals.settings import Settings

AT_ONCE = 50


def expire_some(running: Runtime) -> int:
    """End those whose last day passed; how many. Whoever has one in hand decides first."""
    with running.sessions.begin() as session:
        now = clock.now(session)
        today = now.astimezone(ZoneInfo(_settings(running).timezone)).date()
        found = _claimed(session, today)
        whys = [lapsed(one.status, one.valid_until, one.start_by, one.visits_kept, today) for one in found]
        for because in sorted(set(filter(None, whys))):
            lapsing = [one for one, why in zip(found, whys, strict=True) if why == because]
            end_all(session, running.outbox, lapsing, "expired", now=now, because=because)
        return len(found)


def _claimed(session: Session, today: date) -> list[Referral]:
    passed = or_(Referral.valid_until < today, and_(Referral.start_by < today, Referral.visits_kept == 0))
    due = select(Referral).where(Referral.status.in_(WAITING), passed).order_by(Referral.id).limit(AT_ONCE)
    due = due.options(selectinload(Referral.copies))
    return list(session.scalars(due.with_for_update(skip_locked=True, key_share=True)))


def remind_some(running: Runtime) -> int:
    """Tell the desk of those with which nothing happened for some days, once; and take it back when something did."""
    with running.sessions.begin() as session:
        now = clock.now(session)
        before = now - timedelta(days=_settings(running).quiet_days)
        return _remind(session, running.outbox, now, before) + _settle(session, running.outbox, now)


def _remind(session: Session, outbox: Outbox, now: datetime, before: datetime) -> int:
    coming = exists().where(
        Visit.referral_id == Referral.id, Visit.status.in_(("booked", "confirmed", "arrived")), Visit.starts_at > now
    )
    quiet = select(Referral).where(
        Referral.reminded_at.is_(None),
        Referral.changed_at < before,
        Referral.status.in_(WATCHED),
        or_(Referral.status != "active", ~coming),
    )
    claimed = quiet.order_by(Referral.changed_at).limit(AT_ONCE).with_for_update(skip_locked=True, key_share=True)
    found = session.scalars(claimed).all()
    _note(session, found, now)
    outbox.record(session, *(stalled(referral, "no_activity", now) for referral in found))
    return len(found)


def _settle(session: Session, outbox: Outbox, now: datetime) -> int:
    stirred = select(Referral).where(Referral.reminded_at.is_not(None), Referral.changed_at > Referral.reminded_at)
    found = session.scalars(stirred.limit(AT_ONCE).with_for_update(skip_locked=True, key_share=True)).all()
    _note(session, found, None)
    outbox.record(session, *(resumed(referral, "no_activity", now) for referral in found))
    return len(found)


def _note(session: Session, referrals: Sequence[Referral], at: datetime | None) -> None:
    """That the desk was reminded is nothing that happened with a referral."""
    if referrals:
        ids = [referral.id for referral in referrals]
        same = {"changed_at": Referral.changed_at}
        session.execute(update(Referral).where(Referral.id.in_(ids)).values(reminded_at=at, **same))


def _settings(running: Runtime) -> Settings:
    assert isinstance(running.settings, Settings)
    return running.settings
