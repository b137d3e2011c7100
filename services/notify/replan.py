"""Planning again what an older policy of the clinic planned: a few referrals at a time, so that nothing waits long."""

from __future__ import annotations

from sqlalchemy import delete, select

from services.chassis.runtime import Runtime
from services.notify.locks import lock_planning, lock_referrals
from services.notify.models import Replan
from services.notify.reconcile import reconcile

BATCH = 25


def some(runtime: Runtime) -> int:
    """Plan some of the referrals that wait for it; returns how many there were."""
    with runtime.sessions.begin() as session:
        lock_planning(session)
        next_ones = select(Replan.referral_id).order_by(Replan.referral_id).limit(BATCH)
        waiting = list(session.scalars(next_ones.with_for_update(skip_locked=True)))
        if waiting:
            lock_referrals(session, waiting)
            reconcile(session, waiting)
            session.execute(delete(Replan).where(Replan.referral_id.in_(waiting)))
    return len(waiting)
