"""The questions that texts of ours put to the patients of a number, and that are still of interest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from services.notify.models import Message, Offer, Reply, Visit
from services.notify.questions import Question

_ASKED = func.coalesce(Message.sent_at, Message.changed_at)
_WENT_OUT = and_(Message.channel == "text", Message.state.in_(("sending", "sent", "delivered", "unknown")))


def questions(session: Session, patients: list[UUID], now: datetime) -> list[Question]:
    return [*_about_visits(session, patients, now), *_offers(session, patients, now)]


def _about_visits(session: Session, patients: list[UUID], now: datetime) -> Iterator[Question]:
    """Reminders, of the time that the visit still has, and whether to cancel it."""
    since = Reply.received_at >= _ASKED
    said = exists().where(Reply.session_id == Visit.id, Reply.meaning == "confirm", since)
    cancelled = exists().where(Reply.session_id == Visit.id, Reply.meaning == "cancel", since)
    confirmed = or_(Visit.status == "confirmed", said)
    rows: Any = session.execute(
        select(Message.kind, Visit.id, Visit.patient_id, Visit.starts_at, _ASKED, confirmed)
        .join(Visit, and_(Visit.id == Message.session_id, Visit.starts_at == Message.starts_at))
        .where(
            Message.patient_id.in_(patients), _WENT_OUT, Visit.status.in_(("booked", "confirmed")),
            Visit.starts_at > now, ~cancelled,
            or_(Message.kind.startswith("reminder_"), and_(Message.kind == "cancel_check", ~said)),
        )
    )  # fmt: skip
    for kind, *about in rows:
        yield Question("cancel_check" if kind == "cancel_check" else "reminder", *about)


def _offers(session: Session, patients: list[UUID], now: datetime) -> Iterator[Question]:
    """Also those that are over: whoever says yes to one wants to know."""
    rows: Any = session.execute(
        select(Offer.id, Offer.patient_id, Offer.starts_at, _ASKED)
        .join(Message, and_(Message.subject_id == Offer.id, Message.kind == "waitlist_offer"))
        .where(Offer.patient_id.in_(patients), _WENT_OUT, Offer.wanted.is_(None), Offer.starts_at > now)
    )
    for row in rows:
        yield Question("offer", *row)


def said_before(session: Session, patients: list[UUID], meanings: tuple[str, ...], now: datetime) -> bool:
    """They said so already of something to come: once more changes nothing and needs nobody."""
    visit = exists().where(Visit.id == Reply.session_id, Visit.starts_at > now)
    offer = exists().where(Offer.id == Reply.offer_id, Offer.starts_at > now)
    mine = exists().where(Reply.patient_id.in_(patients), Reply.meaning.in_(meanings), or_(visit, offer))
    return bool(session.scalar(select(mine)))
