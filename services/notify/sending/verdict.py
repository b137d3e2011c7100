"""What a provider's answer makes of a message: its new state, and when it is tried again, if ever."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.chassis import clock
from services.notify.models import Attempt, Message
from services.notify.sending import backoff
from services.notify.transports.answer import Answer, Meaning

LATER_FOR = 3600
NOT_CALLED = "not_called"
"""The provider was not asked: as good as not tried."""


def verdict(session: Session, message: Message, answer: Answer, look_in: float) -> tuple[str, dict[str, Any]]:
    """The new state, and what else changes with it. `look_in`: seconds until an unknown one is looked into."""
    match answer.meaning:
        case Meaning.SENT | Meaning.DELIVERED:
            sent_at = func.coalesce(Message.sent_at, func.fascia_now())
            return answer.meaning.value, {"sent_at": sent_at, "look_at": None}
        case Meaning.UNKNOWN:
            return "unknown", {"look_at": func.clock_timestamp() + seconds(look_in), "looks": 0}
        case _:
            wait = _wait(session, message, answer)
            if wait is None:
                return "failed", {"look_at": None}
            was_tried = answer.meaning is not Meaning.CONFIGURATION and answer.code != NOT_CALLED
            ready_at = clock.now(session) + timedelta(seconds=wait)
            return "planned", {"ready_at": ready_at, "look_at": None, "attempts": message.attempts - (not was_tried)}


def _wait(session: Session, message: Message, answer: Answer) -> float | None:
    """Seconds until it is tried again; None when it never is."""
    chance = random.random()  # noqa: S311
    match answer.meaning:
        case Meaning.RETRY:
            return answer.wait if answer.wait is not None else backoff.wait(message.attempts, chance)
        case Meaning.LATER:
            return LATER_FOR * (1 + chance / 10)
        case Meaning.CONFIGURATION:
            return backoff.wait(_times(session, message, answer), chance, base=backoff.STOPPED)
        case Meaning.UNREACHABLE:
            return _until_reached(session, message, backoff.unreachable(_times(session, message, answer), chance))
    return None


def _until_reached(session: Session, message: Message, wait: float | None) -> float | None:
    in_time = wait is not None and clock.now(session) + timedelta(seconds=wait) < message.send_before
    return wait if in_time else None


def _times(session: Session, message: Message, answer: Answer) -> int:
    """How often this was the answer, this time included."""
    same = select(func.count()).where(Attempt.message_id == message.id, Attempt.outcome == answer.meaning.value)
    return session.scalar(same) or 1


def reason(answer: Answer) -> str | None:
    """As the message keeps it; nothing is to be said of what went well."""
    if answer.meaning in (Meaning.SENT, Meaning.DELIVERED):
        return None
    return f"{answer.meaning.value}:{answer.code}" if answer.code else answer.meaning.value


def seconds(amount: float) -> Any:
    return func.make_interval(0, 0, 0, 0, 0, 0, amount)
