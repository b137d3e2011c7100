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

import structlog
from eventlet import spawn_n
from eventlet.queue import Queue

from services.chassis import context
from services.chassis.runtime import Runtime
from services.notify import settle
from services.notify.addresses import AddressBook, book_of
from services.notify.claim import CHANNELS, claim
from services.notify.settings import settings_of
from services.notify.transports.answer import Answer, Letter, Meaning, Transport

log = structlog.get_logger()

MYSELF = context.Actor("notify-worker", frozenset({"service"}))
"""Who sends, in the audit."""


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
        claimed, ready = claim(self._runtime, settings, room)
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
