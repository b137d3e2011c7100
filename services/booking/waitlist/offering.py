"""A freed time is offered to one patient after the other, to whoever gains most by it first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import Freed, Offer, Waiting
from services.booking.practice.location import Practice
from services.booking.telling import tell
from services.booking.waitlist.candidates import Candidate, ranked, waiting_for
from services.booking.waitlist.turns import end
from services.chassis import audit
from services.chassis.database import Sessions
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.contracts.booking import OfferHow

MOST = 50
"""Freed times that are looked at in one go."""

# How an open offer is over, and null while it stands. A hold whose time is over takes nothing; a visit that was
# called off, or moved to an earlier time, needs no offer.
OVER = """
    CASE WHEN EXISTS (
                  SELECT FROM claims JOIN sessions AS theirs ON theirs.id = claims.session_id
                                     JOIN series ON series.id = theirs.series_id
                   WHERE int8range(claims.resource_id, claims.resource_id, '[]')
                         && int8range(offers.therapist_id, offers.therapist_id, '[]')
                     AND claims.during && tstzrange(offers.starts_at, offers.ends_at)
                     AND theirs.id IS DISTINCT FROM waiting.session_id
                     AND coalesce(series.held_until, 'infinity') > fascia_now())
           OR EXISTS (
                  SELECT FROM absences
                   WHERE resource_id = offers.therapist_id AND withdrawn_at IS NULL
                     AND during && tstzrange(offers.starts_at, offers.ends_at)) THEN 'taken'
         WHEN offers.answer_by <= fascia_now() THEN 'lapsed'
         WHEN sessions.status NOT IN ('booked', 'confirmed') OR sessions.starts_at <= offers.starts_at THEN 'lapsed'
    END"""

OFFERS = """
      offers JOIN waiting ON waiting.id = offers.waiting_id
             LEFT JOIN sessions ON sessions.id = waiting.session_id"""

DUE = text(f"""
    SELECT freed.id
      FROM freed LEFT JOIN ({OFFERS}) ON offers.freed_id = freed.id AND offers.status = 'open'
     WHERE freed.status = 'open' AND (offers.id IS NULL OR {OVER} IS NOT NULL)
     ORDER BY freed.freed_at
     LIMIT :most""")

HOW = text(f"SELECT {OVER} FROM {OFFERS} WHERE offers.id = :offer")

# Whose visit is over, called off or begun does not wait for an earlier one.
FORGET = text("""
    UPDATE waiting SET status = 'ended', ended_at = fascia_now(), version = waiting.version + 1
      FROM sessions
     WHERE sessions.id = session_id AND waiting.status = 'waiting'
       AND (sessions.status IN ('arrived', 'completed', 'cancelled', 'missed') OR sessions.starts_at <= fascia_now())
       AND NOT EXISTS (SELECT FROM offers WHERE waiting_id = waiting.id AND offers.status = 'open')""")


def go_on(sessions: Sessions, outbox: Outbox) -> None:
    """Each freed time in a transaction of its own; any number of workers may do so at once."""
    with sessions.begin() as session:
        session.execute(FORGET)
        ids = due(session)
    for freed_id in ids:
        with sessions.begin() as session:
            offer_freed(session, outbox, freed_id)


def due(session: Session) -> Sequence[UUID]:
    """Freed times whose turn has to go on."""
    return session.scalars(DUE, {"most": MOST}).all()


def offer_freed(session: Session, outbox: Outbox, freed_id: UUID) -> None:
    """End the offer that is over, and make the next one. Leaves it alone while another worker has it."""
    freed = session.scalar(select(Freed).where(Freed.id == freed_id).with_for_update(skip_locked=True))
    if freed is None or freed.status != "open":
        return
    practice = reading.practice(session, freed.location_id)
    offer = session.scalar(select(Offer).where(Offer.freed_id == freed.id, Offer.status == "open"))
    if offer:
        how = how_over(session, offer)
        if how is None:
            return
        end(session, outbox, offer, how, practice.now)
    _offer_next(session, outbox, freed, practice)


def how_over(session: Session, offer: Offer) -> OfferHow | None:
    """`taken` or `lapsed`; None while it stands."""
    how: OfferHow | None = session.scalar(HOW, {"offer": offer.id})
    return how


def _offer_next(session: Session, outbox: Outbox, freed: Freed, practice: Practice) -> None:
    ids, others = ([], False) if _is_over(freed, practice) else waiting_for(session, freed, practice)
    for candidate in ranked(session, freed, practice, ids) if ids else []:
        if _is_free(session, candidate.waiting):
            _offer(session, outbox, freed, candidate, practice)
            return
        others = True
    if not others:
        freed.status = "filled" if _is_taken(session, freed) else "given_up"
        audit.record(session, f"freed_{freed.status}", "freed", freed.id)


def _is_over(freed: Freed, practice: Practice) -> bool:
    """Too soon for anybody to come."""
    return freed.during.upper is None or _answer_by(practice, freed.during.upper) <= practice.now


def _is_free(session: Session, waiting: Waiting) -> bool:
    """Locked first, then looked at, so that two workers never offer two times to one patient."""
    locked = select(Waiting.status).where(Waiting.id == waiting.id).with_for_update(skip_locked=True)
    if session.scalar(locked) != "waiting":
        return False
    return not session.scalar(select(exists().where(Offer.waiting_id == waiting.id, Offer.status == "open")))


def _offer(session: Session, outbox: Outbox, freed: Freed, one: Candidate, practice: Practice) -> None:
    wanted, minutes = one.fit.wanted, one.waiting.order.session_minutes
    patience = timedelta(minutes=practice.policy.offer_minutes)
    offer = Offer(
        id=new_id(),
        waiting=one.waiting,
        freed_id=freed.id,
        starts_at=wanted.start_at,
        ends_at=wanted.start_at + timedelta(minutes=minutes),
        therapist_id=wanted.therapist,
        room_id=wanted.room,
        gain=one.fit.gain,
        status="open",
        version=1,
        offered_at=practice.now,
        answer_by=min(practice.now + patience, _answer_by(practice, wanted.start_at)),
    )
    session.add(offer)
    tell(session, outbox, one.waiting.order_id, practice.now, [offer.offered(practice.timezone)])
    audit.record(session, "time_offered", "offer", offer.id, gain=offer.gain)


def _answer_by(practice: Practice, starts_at: datetime) -> datetime:
    """The last moment at which the time can still be booked."""
    return starts_at - practice.policy.minimum_notice


def _is_taken(session: Session, freed: Freed) -> bool:
    taken = text(
        "SELECT EXISTS (SELECT FROM claims WHERE resource_id = :therapist AND during && tstzrange(:begins, :ends))"
    )
    asked = {"therapist": freed.therapist_id, "begins": freed.during.lower, "ends": freed.during.upper}
    return bool(session.scalar(taken, asked))
