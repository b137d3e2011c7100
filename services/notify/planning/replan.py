"""Planning again, a few referrals at a time so that nothing waits long: what somebody said, what an older policy of
the clinic planned, and what was on its way when its visit or its person changed and came back to be sent later.

A referral may be noted many times. Who notes it never waits for who is planning it, and is never overlooked.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from services.chassis.runtime import Runtime
from services.notify.models import Replan
from services.notify.planning.locks import lock_planning, lock_referrals
from services.notify.planning.reconcile import reconcile

BATCH = 25


def note(session: Session, referral_id: UUID) -> None:
    """Its messages are to be planned again, once this transaction is committed."""
    session.execute(insert(Replan).values(referral_id=referral_id))


def note_first(session: Session, referral_ids: Collection[UUID]) -> None:
    """Before those that wait already, and nothing about them leaves until then: so that a webhook that says
    something is answered at once, and its word counts from then on."""
    if referral_ids:
        session.execute(insert(Replan).values([{"referral_id": id_, "urgent": True} for id_ in sorted(referral_ids)]))


def some(runtime: Runtime) -> int:
    """Plan some of the referrals that wait for it; returns how many there were."""
    with runtime.sessions.begin() as session:
        lock_planning(session)
        noted = _next(session, urgent=True) or _next(session, urgent=False)
        if noted:
            waiting = sorted(set(noted.values()))
            lock_referrals(session, waiting)
            reconcile(session, waiting)
            session.execute(delete(Replan).where(Replan.id.in_(noted)))
    return len(noted)


def _next(session: Session, urgent: bool) -> dict[int, UUID]:
    which = Replan.urgent if urgent else Replan.urgent.is_(False)
    next_ones = select(Replan.id, Replan.referral_id).where(which).order_by(Replan.id).limit(BATCH)
    rows = session.execute(next_ones.with_for_update(skip_locked=True))
    return {row.id: row.referral_id for row in rows}
