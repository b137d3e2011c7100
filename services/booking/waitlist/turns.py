"""Offers end: answered, lapsed, or because somebody else has the time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Freed, Location, Offer, Waiting
from services.booking.reading import rules
from services.booking.telling import tell
from services.chassis import audit
from services.chassis.outbox import Outbox
from services.contracts.booking import OfferHow


def locked(session: Session, offer: Offer) -> Freed:
    """The time that was offered. Whoever answers an offer locks who waits, then the time, so that it ends once."""
    session.refresh(offer.waiting, with_for_update=True)
    freed = session.scalars(select(Freed).where(Freed.id == offer.freed_id).with_for_update()).one()
    # of the offer itself nothing else changes; what it belongs to stays loaded
    session.refresh(offer, ["status", "version", "ended_at"])
    return freed


def end(session: Session, outbox: Outbox, offer: Offer, how: OfferHow, now: datetime) -> None:
    """The patient is told how; to be called while the time is `locked`."""
    event = offer.end(how, now, timezone_of(session, offer.waiting))
    tell(session, outbox, offer.waiting.order_id, now, [event])
    audit.record(session, "offer_ended", "offer", offer.id, how=how)


def end_open_offer(session: Session, outbox: Outbox, waiting: Waiting) -> None:
    """Of somebody who does not wait any more."""
    offer = session.scalar(select(Offer).where(Offer.waiting_id == waiting.id, Offer.status == "open"))
    if offer is None:
        return
    locked(session, offer)
    if offer.status == "open":
        end(session, outbox, offer, "declined", rules(session).now)


def timezone_of(session: Session, waiting: Waiting) -> str:
    """Of the place; of the clinic for a visit at home."""
    location = session.get(Location, waiting.location_id) if waiting.location_id else None
    return location.timezone if location else rules(session).timezone
