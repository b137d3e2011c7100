"""What the desk decides about a message that failed or that nobody can tell about: send it again, or leave it be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.refusals import NotFound, Refusal
from services.notify import desk
from services.notify.models import Message
from services.notify.planning.locks import lock_referral
from services.notify.planning.reach import reach
from services.notify.planning.reconcile import reconcile
from services.notify.transports.answer import Meaning
from services.notify.why import trail

TOLD = ("sending", "sent", "delivered", "unknown")


class StillFindingOut(Refusal):
    """Sent again now, it might arrive twice."""

    message = "It is still being found out whether this message was sent."


class NotTheDesks(Refusal):
    """Only what failed, or what nobody can tell about, is for a person to decide."""

    message = "This message does not wait for the desk."


class TooLate(Refusal):
    message = "The time for this message is past."


class NotWanted(Refusal):
    """The visit was changed, it was told on another channel, or the person must not be written to there."""

    message = "This message is not to be sent any more."


class ToldOtherwise(Refusal):
    """Marked as sent, it would look as if the person had been told twice."""

    message = "The person was told this on another channel, or may have been."


class SameWords(Refusal):
    message = "The provider refuses these words; they are never sent again."


def resend(session: Session, message_id: UUID) -> Message:
    """Send again what the desk decided to: a failed message, or one whose fate nobody can tell.

    Raises `NotFound`, `NotTheDesks`, `StillFindingOut`, `TooLate`, `SameWords`, `NotWanted`.
    """
    message, now = _for_the_desk(session, message_id)
    if message.state == "unknown" and message.look_at is not None:
        raise StillFindingOut(look_at=message.look_at.isoformat())
    if message.send_before <= now:
        raise TooLate(send_before=message.send_before.isoformat())
    if (message.reason or "").startswith(Meaning.CONTENT):
        raise SameWords
    if message.channel == "desk" or told_otherwise(session, message) or not may_be_written_to(session, message):
        raise NotWanted
    _by_hand(session, message, "resent", now, state="planned", ready_at=now, look_at=None)
    reconcile(session, [message.referral_id], (message.role,))
    session.flush()
    session.refresh(message)
    if message.state != "planned":
        raise NotWanted
    return message


def mark_sent(session: Session, message_id: UUID) -> Message:
    """The desk knows that it arrived, or has told the person itself: what would tell it instead is not sent any more.

    Raises `NotFound`, `NotTheDesks`, `StillFindingOut`, `ToldOtherwise`.
    """
    message, now = _for_the_desk(session, message_id)
    if other := told_otherwise(session, message, TOLD):
        raise ToldOtherwise(channel=other.channel, state=other.state, message_id=str(other.id))
    sent_at = message.sent_at or now
    _by_hand(session, message, "marked_sent", now, state="sent", sent_at=sent_at, look_at=None)
    reconcile(session, [message.referral_id], (message.role,))
    session.flush()
    session.refresh(message)
    return message


def _for_the_desk(session: Session, message_id: UUID) -> tuple[Message, datetime]:
    about = session.execute(select(Message.referral_id, Message.patient_id).where(Message.id == message_id))
    for referral_id, patient_id in about:
        lock_referral(session, referral_id, patient_id)
    message = session.get(Message, message_id, with_for_update=True, populate_existing=True)
    if message is None:
        raise NotFound
    if message.state not in ("unknown", "failed") or message.reason == "erased":
        raise NotTheDesks(state=message.state)
    if message.state == "unknown" and message.look_at is not None and not desk.is_asked(session, message.id):
        raise StillFindingOut(look_at=message.look_at.isoformat())
    return message, clock.now(session)


def told_otherwise(
    session: Session, message: Message, states: Collection[str] = ("planned", *TOLD)
) -> Message | None:  # fmt: skip
    """The same to the same person on another channel, or about to be."""
    same = [
        getattr(Message, name).is_not_distinct_from(getattr(message, name))
        for name in ("subject_id", "starts_at", "happened_at", "kind", "recipient")
    ]
    others = select(Message).where(*same, Message.id != message.id, Message.state.in_(states))
    return session.scalar(others.limit(1))


def may_be_written_to(session: Session, message: Message) -> bool:
    """Whether its channel, text or e-mail, is still open to its recipient."""
    can = reach(session, {message.recipient}).get(message.recipient)
    return bool(can and {"text": can.text, "email": can.email}[message.channel])


def _by_hand(session: Session, message: Message, what: trail.What, now: datetime, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(message, name, value)
    message.reason, message.leased_until, message.looks = what, None, 0
    message.trail = [*message.trail, trail.entry(what, now)]
    session.flush()
    audit.record(session, f"message_{what}", "message", message.id, attempt=message.attempts)
    for kind in ("unknown_delivery", "not_delivered", "address_wrong"):
        desk.settle(session, kind, message.id)
