"""A patient answers the offer of a freed time. The first who accepts has it; the database sees to that."""

from __future__ import annotations

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Offer, Order, Series
from services.booking.planning.openings import Openings
from services.booking.planning.wallclock import instant
from services.booking.refusals import SlotTaken
from services.booking.visits.book import book
from services.booking.visits.bookable import Wanted
from services.booking.visits.extend import extend
from services.booking.visits.move import move
from services.booking.waitlist.candidates import one_case
from services.booking.waitlist.offering import how_over
from services.booking.waitlist.turns import end, locked
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.contracts.booking import OfferHow
from services.contracts.notify import OfferAnswered

log = structlog.get_logger()


def offer_answered(session: Session, outbox: Outbox, event: OfferAnswered) -> None:
    """An answer by text. One that comes too late has no effect: how the offer ended was told. Raises `NotFound`."""
    offer = _known(session, event.offer_id)
    if offer.waiting.order.patient_id != event.patient_id:
        raise NotFound(offer_id=str(event.offer_id))
    was_open = offer.status == "open"
    answer(session, outbox, event.offer_id, event.accepted)
    if not was_open:
        log.info("answer_too_late", offer_id=str(event.offer_id), status=offer.status)


def answer(session: Session, outbox: Outbox, offer_id: UUID, accepted: bool) -> Offer:
    """The offer as it is then: accepted, declined, or how it had ended before. Raises `NotFound`."""
    offer = _known(session, offer_id)
    order = session.scalars(
        select(Order).where(Order.id == offer.waiting.order_id).with_for_update(key_share=True)
    ).one()
    freed = locked(session, offer)
    if offer.status != "open":
        return offer
    now = reading.rules(session).now
    how = how_over(session, offer) or (_take(session, outbox, offer, order) if accepted else "declined")
    if how == "accepted":
        offer.waiting.end("served", now)
        freed.status = "filled"
    end(session, outbox, offer, how, now)
    return offer


def _take(session: Session, outbox: Outbox, offer: Offer, order: Order) -> OfferHow:
    """Whether the time could be had. What was begun is undone when it could not."""
    try:
        with session.begin_nested():
            _book(session, outbox, offer, order, _as_of_now(session, offer))
            session.flush()
    except Refusal as refusal:
        log.info("offer_lost", offer_id=str(offer.id), why=refusal.code)
        return "taken" if isinstance(refusal, SlotTaken) else "lapsed"
    return "accepted"


def _book(session: Session, outbox: Outbox, offer: Offer, order: Order, wanted: Wanted) -> None:
    waiting = offer.waiting
    if waiting.session_id is not None:
        move(session, outbox, waiting.session_id, wanted, by="patient")
        return
    series = (
        select(Series.id).where(Series.order_id == order.id, Series.held_until.is_(None)).order_by(Series.id.desc())
    )
    newest = session.scalar(series.limit(1))
    if newest is None:
        book(session, outbox, order.id, [wanted])
    else:
        extend(session, outbox, newest, [wanted])


def _as_of_now(session: Session, offer: Offer) -> Wanted:
    """In a room that is free now: the one that was offered may be somebody else's. Raises `SlotTaken`."""
    practice = reading.practice(session, offer.waiting.location_id)
    day = offer.starts_at.astimezone(practice.zone).date()
    for problem in one_case(session, practice, offer.waiting, offer.therapist_id, day):
        openings = Openings.of(problem, day)
        for who, at in zip(*(openings.clinic & openings.patient).nonzero(), strict=True):
            if instant(int(openings.grid.starts.at[at])) == offer.starts_at:
                (room,) = openings.room(at.reshape(1), who.reshape(1))
                return Wanted(offer.starts_at, offer.therapist_id, room)
    raise SlotTaken


def _known(session: Session, offer_id: UUID) -> Offer:
    offer = session.get(Offer, offer_id)
    if offer is None:
        raise NotFound(offer_id=str(offer_id))
    return offer
