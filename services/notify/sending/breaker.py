"""A channel whose provider refuses our configuration is stopped, so that nothing is lost and nobody's attempts
are wasted on it.

Closed: there is no pause. Open: until its end nothing is claimed on the channel. Half open: one message, the
probe, is claimed; it closes the breaker, or opens it for longer. The desk has a task as long as it is not closed.
A code that is only told by callbacks (30002, 30034, 30035) is not disproved by the provider's taking the probe:
then the probe must stand for `PROVEN` seconds.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify import desk
from services.notify.models import Message, Pause
from services.notify.sending import backoff
from services.notify.transports.answer import Meaning

log = structlog.get_logger()

TASK = "channel_stopped"
PROVEN = 30
TOLD_LATER = ("30002", "30034", "30035")

INCONCLUSIVE = (Meaning.UNKNOWN, Meaning.RETRY)


def task_about(channel: str) -> UUID:
    """What the desk's task of this channel is about."""
    return uuid5(NAMESPACE_URL, f"fascia:channel:{channel}")


def passable(session: Session, channels: Collection[str]) -> dict[str, bool]:
    """The channels on which something may be claimed now; True where it is one message, the probe.

    Who may claim a probe holds the breaker's lock, so that nobody else claims one at the same time.
    """
    known = set(session.scalars(select(Pause.channel)))
    halves: dict[str, bool] = {}
    for pause in _ended(session) if known else ():
        if _has_proven(session, pause):
            _close(session, pause)
            known.remove(pause.channel)
        else:
            halves[pause.channel] = True
    return {channel: halves.get(channel, False) for channel in channels if channel in halves or channel not in known}


def probe(session: Session, channel: str, message_id: UUID, lease: float) -> None:
    """This message is tried. If nothing is heard of it, another one is after its lease."""
    pause = session.get_one(Pause, channel)
    pause.probe, pause.until = message_id, func.clock_timestamp() + timedelta(seconds=lease)


def refused(session: Session, message: Message, code: str | None) -> None:
    """The provider refuses our configuration. What was on its way when it first did so changes nothing more."""
    first = insert(Pause).values(channel=message.channel, until=_after(1), code=code)
    opened = session.scalar(first.on_conflict_do_nothing().returning(Pause.channel))
    pause = session.get_one(Pause, message.channel, with_for_update=True, populate_existing=True)
    if not opened and pause.probe != message.id:
        return
    if not opened:
        pause.failures += 1
        pause.until, pause.code, pause.probe = _after(pause.failures), code, None
    log.error("channel_stopped", channel=message.channel, code=code, failures=pause.failures)
    desk.ask_to_repair(session, task_about(message.channel), message.channel, code)


def heard(session: Session, message_ids: Sequence[UUID], meaning: Meaning) -> None:
    """What came of messages: if a probe is among them, it decides, but for a refusal, which is `refused`."""
    for pause in session.scalars(select(Pause).where(Pause.probe.in_(message_ids)).with_for_update()):
        if meaning in INCONCLUSIVE:
            pause.until, pause.probe = _after(1), None
        elif meaning is Meaning.SENT and pause.code in TOLD_LATER:
            pause.until = func.clock_timestamp() + timedelta(seconds=PROVEN)
        else:
            _close(session, pause)


def _ended(session: Session) -> Sequence[Pause]:
    ended = select(Pause).where(Pause.until <= func.clock_timestamp())
    return session.scalars(ended.with_for_update(skip_locked=True)).all()


def _has_proven(session: Session, pause: Pause) -> bool:
    state = session.scalar(select(Message.state).where(Message.id == pause.probe)) if pause.probe else None
    return state in ("sent", "delivered")


def _close(session: Session, pause: Pause) -> None:
    log.info("channel_resumed", channel=pause.channel)
    session.delete(pause)
    session.flush()
    desk.settle(session, TASK, task_about(pause.channel))


def _after(failures: int) -> Any:
    return func.clock_timestamp() + timedelta(seconds=backoff.stop(failures, random.random()))  # noqa: S311
