"""All that is known of one message: what was decided, tried, reported, answered and asked of the desk, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.chassis.refusals import NotFound
from services.notify.models import Attempt, Callback, Message, Reply, Task
from services.notify.sending.by_hand import told_otherwise
from services.notify.why.explaining import About, sentence

Entry = dict[str, Any]

LATE = timedelta(seconds=5)
"""A callback may come before our own call has returned, and its attempt ends with it."""


@dataclass(frozen=True, slots=True)
class Why:
    message: Message
    trail: list[Entry]
    """`what`, `at`, `sentence` and facts of each."""
    tries: list[Attempt]
    told_otherwise: bool = False
    """On another channel, or about to be."""

    @property
    def why(self) -> list[str]:
        return [entry["sentence"] for entry in self.trail if entry["sentence"]]

    def shown(self) -> SimpleNamespace:
        """Without what was written, to whom, and where."""
        columns = {column.key: getattr(self.message, column.key) for column in Message.__table__.columns}
        told = {"tries": self.tries, "trail": self.trail, "why": self.why, "waits_for_desk": self.waits_for_desk}
        return SimpleNamespace(**columns | told | {"covers": self.message.covers or []})

    @property
    def waits_for_desk(self) -> bool:
        asked = any(entry["what"] == "task" and entry["done_at"] is None for entry in self.trail)
        undecided = self.message.look_at is None or asked
        failed = self.message.state == "failed" and self.message.reason != "erased" and not self.told_otherwise
        return failed or (self.message.state == "unknown" and undecided)


def of(session: Session, message_id: UUID) -> Why:
    """Raises `NotFound`."""
    ahead = func.fascia_now() - func.clock_timestamp()
    row = session.execute(select(Message, ahead).where(Message.id == message_id)).one_or_none()
    if row is None:
        raise NotFound
    message: Message = row[0]
    tries = list(session.scalars(select(Attempt).where(Attempt.message_id == message.id).order_by(Attempt.started_at)))
    shift = _shift(message, tries, row[1])
    entries = [
        *_decided(message),
        *_tried(session, tries, shift),
        *_answered(session, message),
        *_asked(session, message),
    ]
    about = About(message.kind, message.channel, ZoneInfo(message.zone), message.due_at)
    told = [entry | {"sentence": sentence(entry, about)} for entry in sorted(entries, key=lambda entry: entry["at"])]
    failed = message.state == "failed"
    return Why(message, told, tries, failed and told_otherwise(session, message) is not None)


def _shift(message: Message, tries: list[Attempt], ahead: timedelta) -> timedelta:
    """Attempts and callbacks are told in real time. In a demo our own clock runs ahead of it."""
    for attempt in tries:
        if attempt.id == message.attempt_id and attempt.ended_at and message.sent_at:
            between = message.sent_at - attempt.ended_at
            return between if abs(between) > LATE else timedelta(0)
    return ahead if abs(ahead) > LATE else timedelta(0)


def _decided(message: Message) -> Iterator[Entry]:
    kept = [{**entry, "at": datetime.fromisoformat(entry["at"])} for entry in message.trail]
    if not any(entry["what"] == "planned" for entry in kept):
        yield {"what": "planned", "at": message.created_at, "due_at": message.due_at}
    yield from kept
    ends = {entry["what"] for entry in kept}
    if message.state in ("superseded", "expired") and message.state not in ends:
        yield {"what": message.state, "at": message.changed_at, "reason": message.reason}
    if message.state == "failed" and message.attempts == 0:
        yield {"what": "failed", "at": message.changed_at, "reason": message.reason}


def _tried(session: Session, tries: list[Attempt], shift: timedelta) -> Iterator[Entry]:
    if not tries:
        return
    told: Any = session.execute(
        select(Callback.attempt_id, Callback.event, Callback.received_at)
        .where(Callback.attempt_id.in_([attempt.id for attempt in tries]))
        .order_by(Callback.received_at)
    ).all()
    delivered = {attempt_id: at for attempt_id, event, at in reversed(told) if event == "delivered"}
    for one in tries:
        arrived = delivered.get(one.id)
        yield {
            "what": "tried", "at": one.started_at + shift, "channel": one.channel, "outcome": one.outcome,
            "code": one.code, "provider_id": one.provider_id, "delivered_at": arrived and arrived + shift,
        }  # fmt: skip
    for _, event, at in told:
        yield {"what": "heard", "at": at + shift, "event": event}


def _answered(session: Session, message: Message) -> Iterator[Entry]:
    mine = select(Reply.meaning, Reply.received_at).where(Reply.message_id == message.id)
    for meaning, at in session.execute(mine):
        yield {"what": "answered", "at": at, "meaning": meaning}


def _asked(session: Session, message: Message) -> Iterator[Entry]:
    for task in session.scalars(select(Task).where(Task.message_id == message.id)):
        yield {"what": "task", "at": task.created_at, "kind": task.kind, "done_at": task.done_at, "task_id": task.id}
