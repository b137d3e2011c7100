"""Sending what is due, so that a crash at any point loses nothing and sends nothing twice.

1. Claim: due rows become `sending` under a lease, each under a new fence, and an attempt is written: INTENT.
2. Call the provider, unless so much time has passed that the lease may end during the call.
3. Write what it said: RESULT, only if the fence is still ours.
What stays `sending` past its lease becomes `unknown` (`resolve.sweep`), and is looked into, never just resent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from eventlet import spawn_n
from eventlet.queue import Queue
from sqlalchemy import Uuid, func, insert, select, text
from sqlalchemy.orm import Session

from services.chassis import clock, context
from services.chassis.runtime import Runtime
from services.notify import compose, desk, settle
from services.notify.addresses import AddressBook, book_of
from services.notify.models import Attempt, Pause
from services.notify.schedule import is_waking
from services.notify.settings import Settings, settings_of
from services.notify.transports.answer import Answer, Letter, Meaning, Transport

log = structlog.get_logger()

CHANNELS = ("text", "email", "desk")

MYSELF = context.Actor("notify-worker", frozenset({"service"}))
"""Who sends, in the audit."""

_CLAIM = text(
    "UPDATE messages SET state = 'sending', fence = fence + 1, attempts = attempts + 1,"
    "  attempt_id = gen_random_uuid(), changed_at = fascia_now(),"
    "  leased_until = clock_timestamp() + make_interval(secs => :lease)"
    " FROM unnest(CAST(:channels AS text[]), CAST(:zones AS text[]), CAST(:rooms AS integer[]))"
    "  AS asked (channel, zone, room)"
    " CROSS JOIN LATERAL ("
    "  SELECT id AS due_id FROM messages"
    "  WHERE state = 'planned' AND channel = asked.channel AND zone = asked.zone"
    "   AND ready_at <= fascia_now() AND send_before > fascia_now()"
    "  ORDER BY ready_at LIMIT asked.room FOR UPDATE SKIP LOCKED) AS due"
    " WHERE id = due_id RETURNING id"
).columns(id=Uuid)

_WAITING = text(
    "WITH RECURSIVE waiting AS ("
    "  SELECT channel, (SELECT min(zone) FROM messages WHERE state = 'planned' AND channel = asked.channel) AS zone"
    "  FROM unnest(CAST(:channels AS text[])) AS asked (channel)"
    " UNION ALL"
    "  SELECT channel, (SELECT min(zone) FROM messages"
    "   WHERE state = 'planned' AND channel = waiting.channel AND zone > waiting.zone)"
    "  FROM waiting WHERE zone IS NOT NULL)"
    " SELECT channel, zone FROM waiting WHERE zone IS NOT NULL"
)
"""The zones of what is planned on each channel, hopping from one to the next in the index."""


def dispatch_due(runtime: Runtime, transports: Mapping[str, Transport], limit: int | None = None) -> int:
    """Send up to `limit` due messages of each channel, at the same time where the process is green.

    Returns how many were claimed.
    """
    sending = Sending(runtime, transports, limit or settings_of(runtime).senders)
    claimed = sending.begin()
    sending.finish()
    return claimed


def dispatch_for(runtime: Runtime, transports: Mapping[str, Transport], seconds: float) -> None:
    """Send what is due, each message as soon as another has been answered, for so long."""
    until = time.monotonic() + seconds
    sending = Sending(runtime, transports, settings_of(runtime).senders)
    while sending.begin() and time.monotonic() < until:
        sending.wait_for_room()
    sending.finish()


class Sending:
    """Messages on their way, at most so many of each channel at the same time. Not for two threads at once.

    What comes of them is written together, as often as the last writing has ended.
    """

    def __init__(self, runtime: Runtime, transports: Mapping[str, Transport], most: int) -> None:
        self._runtime, self._transports, self._most = runtime, transports, most
        self._on_their_way: Counter[str] = Counter()
        self._answers: Queue = Queue()

    def begin(self) -> int:
        """Claim what is due and there is room for, and send it; returns how many were claimed."""
        settings = settings_of(self._runtime)
        patience = time.monotonic() + settings.lease - 2 * settings.send_timeout
        room = {channel: self._most - self._on_their_way[channel] for channel in CHANNELS}
        claimed, ready = _claim(self._runtime, settings, room)
        for letter in ready:
            self._on_their_way[letter.channel] += 1
            spawn_n(self._deliver, letter, patience)
        return claimed

    def wait_for_room(self) -> None:
        """Until half of some channel's room is free again: claiming one by one would cost too much."""
        self._write()
        while min((+self._on_their_way).values(), default=0) > self._most / 2:
            self._write()

    def finish(self) -> None:
        while self._on_their_way.total():
            self._write()

    def _deliver(self, letter: Letter, patience: float) -> None:
        context.actor.set(MYSELF)
        in_time = time.monotonic() < patience
        transport = self._transports[letter.channel]
        answer = _send(transport, letter) if in_time else Answer(Meaning.RETRY, code="not_called")
        self._answers.put((letter, answer))

    def _write(self) -> None:
        """An error here leaves the rows `sending`; when their lease ends they are looked into."""
        if not self._on_their_way.total():
            return
        answered = [self._answers.get()]
        while not self._answers.empty():
            answered.append(self._answers.get())
        self._on_their_way.subtract(letter.channel for letter, _ in answered)
        _record(self._runtime, answered)


def _claim(runtime: Runtime, settings: Settings, room: Mapping[str, int]) -> tuple[int, list[Letter]]:
    book = book_of(runtime)
    with runtime.sessions.begin() as session:
        lanes = _open_lanes(session, [channel for channel in CHANNELS if room[channel] > 0])
        asked = {
            "channels": [channel for channel, _ in lanes], "zones": [zone for _, zone in lanes],
            "rooms": [room[channel] for channel, _ in lanes], "lease": settings.lease,
        }  # fmt: skip
        ids: list[UUID] = list(session.scalars(_CLAIM, asked)) if lanes else []
        if not ids:
            return 0, []
        ready = _ready(session, settings, book, ids)
        _write_intents(session, book, ready)
    return len(ids), ready


def _open_lanes(session: Session, wanted: list[str]) -> list[tuple[str, str]]:
    """Channel and zone of what may go out. Texts wait out the night where they are read; a channel whose
    provider refuses our configuration waits for its pause to end."""
    paused = set(session.scalars(select(Pause.channel).where(Pause.until > func.clock_timestamp())))
    channels = [channel for channel in wanted if channel not in paused]
    waiting: list[Any] = list(session.execute(_WAITING, {"channels": channels}))
    if not waiting:
        return []
    now = clock.now(session)
    return [(channel, zone) for channel, zone in waiting if channel != "text" or is_waking(now, ZoneInfo(zone))]


def _ready(session: Session, settings: Settings, book: AddressBook, ids: list[UUID]) -> list[Letter]:
    """The letters to be sent. What is the desk's becomes a task here; what cannot be written fails here."""
    ready = []
    for message, letter in compose.letters(session, settings, book, ids):
        if letter:
            ready.append(letter)
        elif message.channel == "desk":
            desk.ask_about(session, "call_patient" if message.role == "patient" else "send_by_fax", message)
            settle.close(session, message, "sent")
        else:
            desk.ask_about(session, "not_delivered", message)
            settle.close(session, message, "failed", reason="not_written")
    return ready


def _write_intents(session: Session, book: AddressBook, ready: list[Letter]) -> None:
    rows = [
        {
            "id": letter.attempt_id,
            "message_id": letter.message_id,
            "fence": letter.fence,
            "channel": letter.channel,
            "address": book.close(letter.address),
            "digest": book.hash(letter.text),
        }
        for letter in ready
    ]
    if rows:
        session.execute(insert(Attempt), rows)


def _send(transport: Transport, letter: Letter) -> Answer:
    try:
        return transport.send(letter)
    except Exception as error:
        log.error("transport_broken", message_id=str(letter.message_id), exc_info=error)
        return Answer(Meaning.UNKNOWN, code=type(error).__name__)


def _record(runtime: Runtime, answered: list[tuple[Letter, Answer]]) -> None:
    """What was sent, together; what was not, each by itself, as much may follow from it."""
    book, look_in = book_of(runtime), settings_of(runtime).unknown_after
    sent = [(letter, answer) for letter, answer in answered if answer.meaning is Meaning.SENT]
    try:
        with runtime.sessions.begin() as session:
            ours = settle.sent(session, sent) if sent else set()
    except Exception as error:
        log.error("results_not_written", count=len(sent), exc_info=error)
        return
    for letter, answer in sent:
        _log(letter, answer, letter.message_id in ours)
    for letter, answer in answered:
        if answer.meaning is not Meaning.SENT:
            _record_one(runtime, book, letter, answer, look_in)


def _record_one(runtime: Runtime, book: AddressBook, letter: Letter, answer: Answer, look_in: float) -> None:
    try:
        with runtime.sessions.begin() as session:
            ours = settle.result(session, book, letter.attempt_id, letter.fence, answer, look_in)
    except Exception as error:
        log.error("delivery_broken", message_id=str(letter.message_id), exc_info=error)
    else:
        _log(letter, answer, ours)


def _log(letter: Letter, answer: Answer, ours: bool) -> None:
    log.info(
        "handed_over" if ours else "result_refused", message_id=str(letter.message_id), channel=letter.channel,
        meaning=answer.meaning.value, code=answer.code,
    )  # fmt: skip
