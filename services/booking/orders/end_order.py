"""A referral authorises nothing any more."""

from __future__ import annotations

from sqlalchemy.orm import Session

from services.booking.models import Ending
from services.booking.orders.take_order import known
from services.booking.orders.uncovered import ask_about_uncovered
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.contracts.referrals import ReferralEnded


def end_order(session: Session, outbox: Outbox, told: ReferralEnded) -> None:
    """Ended, unless newer terms are known; an end that is told before its order is kept until that comes."""
    order, ending = known(session, told.referral_id)
    if ending and told.version <= ending.version:
        return
    ending = ending or Ending(referral_id=told.referral_id)
    ending.version, ending.how, ending.ended_at = told.version, told.how, told.ended_at
    session.add(ending)
    if order:
        order.heed(ending)
        session.flush()
        audit.record(session, "order_ended", "order", order.id, version=told.version, how=told.how)
        ask_about_uncovered(session, outbox, order)
