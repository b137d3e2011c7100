"""Sending what is due, so that a crash at any point loses nothing and sends nothing twice.

1. Claim: due rows become `sending` under a lease, each under a new fence, and an attempt is written: INTENT.
2. Call the provider, unless so much time has passed that the lease may end during the call.
3. Write what it said: RESULT, only if the fence is still ours.
What stays `sending` past its lease becomes `unknown` (`resolve.sweep`), and is looked into, never just resent.

More is claimed than is on its way, so that the provider never waits for the database; but no more than was
answered in the last second, so that nothing is kept for long from other workers.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping

import structlog
from eventlet import sleep, spawn_n
from eventlet.queue import Queue

from services.chassis import context
from services.chassis.runtime import Runtime
from services.notify.people.addresses import AddressBook, book_of
from services.notify.sending import fetching, settle
from services.notify.sending.claim import CHANNELS, claim
from services.notify.sending.verdict import NOT_CALLED
from services.notify.settings import settings_of
from services.notify.transports.answer import Answer, Letter, Meaning, Transport

log = structlog.get_logger()

MYSELF = context.Actor("notify-worker", frozenset({"service"}))
"""Who sends, in the audit."""

MOST_WAITING = 8
"""Claimed and not yet on their way: at most so many times as many as may be on their way."""
GATHER = 0.1
"""Seconds for which answers are gathered, to be written together."""

Answered = tuple[Letter, Answer]


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
    """Messages being sent, at most so many of each channel at the same time. Not for two threads at once.

    What comes of them is written together, as often as the last writing has ended.
    """

    def __init__(self, runtime: Runtime, transports: Mapping[str, Transport], most: int) -> None:
        self._runtime, self._transports, self._most = runtime, transports, most
        self._waiting: dict[str, deque[tuple[Letter, float]]] = defaultdict(deque)
        self._senders: Counter[str] = Counter()
        self._ours: Counter[str] = Counter()
        self._answers: Queue = Queue()
        self._lately: deque[tuple[float, Counter[str]]] = deque()

    def begin(self) -> int:
        """Claim what is due and there is room for, and send it; returns how many were claimed."""
        settings = settings_of(self._runtime)
        patience = time.monotonic() + settings.lease - 2 * settings.send_timeout
        room = {channel: max(self._goal(channel) - self._ours[channel], 0) for channel in CHANNELS}
        claimed, ready = claim(self._runtime, settings, room)
        for letter in ready:
            self._ours[letter.channel] += 1
            self._waiting[letter.channel].append((letter, patience))
        for channel, letters in self._waiting.items():
            for _ in range(min(len(letters), self._most - self._senders[channel])):
                self._senders[channel] += 1
                spawn_n(self._send_on, channel)
        return claimed

    def wait_for_room(self) -> None:
        """Until half of some channel's room is free again: claiming one by one would cost too much."""
        self._write()
        while self._ours.total() and not any(self._has_room(channel) for channel in self._ours):
            self._write()

    def finish(self) -> None:
        while self._ours.total():
            self._write()

    def _has_room(self, channel: str) -> bool:
        return 0 < self._ours[channel] <= self._goal(channel) / 2

    def _goal(self, channel: str) -> int:
        """How many are to be ours: as many as may be on their way, and as many again as were answered lately."""
        while self._lately and self._lately[0][0] < time.monotonic() - 1:
            self._lately.popleft()
        lately = sum(counted[channel] for _, counted in self._lately)
        return self._most + min(lately, MOST_WAITING * self._most)

    def _send_on(self, channel: str) -> None:
        """One after the other, as long as there are any."""
        context.actor.set(MYSELF)
        waiting = self._waiting[channel]
        while waiting:
            letter, patience = waiting.popleft()
            self._answers.put((letter, self._hand_over(letter, patience)))
        self._senders[channel] -= 1

    def _hand_over(self, letter: Letter, patience: float) -> Answer:
        """With all that belongs to it, or not at all; nothing is begun that may outlast the lease."""
        not_called = Answer(Meaning.RETRY, code=NOT_CALLED, wait=0)
        if time.monotonic() >= patience:
            return not_called
        whole = fetching.complete(settings_of(self._runtime), letter)
        if isinstance(whole, Answer):
            return whole
        return _send(self._transports[letter.channel], whole) if time.monotonic() < patience else not_called

    def _write(self) -> None:
        """An error here leaves the rows `sending`; when their lease ends they are looked into."""
        if not self._ours.total():
            return
        answered = [self._answers.get()]
        if self._ours.total() > len(answered) + self._answers.qsize():
            sleep(GATHER)
        while not self._answers.empty():
            answered.append(self._answers.get())
        counted = Counter(letter.channel for letter, _ in answered)
        self._ours.subtract(counted)
        self._lately.append((time.monotonic(), counted))
        _record(self._runtime, answered)


def _send(transport: Transport, letter: Letter) -> Answer:
    try:
        return transport.send(letter)
    except Exception as error:
        log.error("transport_broken", message_id=str(letter.message_id), exc_info=error)
        return Answer(Meaning.UNKNOWN, code=type(error).__name__)


def _record(runtime: Runtime, answered: list[Answered]) -> None:
    """What was sent, together; what was not, each by itself, as much may follow from it."""
    sent = [one for one in answered if one[1].meaning is Meaning.SENT]
    if sent:
        _record_sent(runtime, sent)
    book, look_in = book_of(runtime), settings_of(runtime).unknown_after
    for letter, answer in answered:
        if answer.meaning is not Meaning.SENT:
            _record_one(runtime, book, letter, answer, look_in)


def _record_sent(runtime: Runtime, sent: list[Answered]) -> None:
    try:
        with runtime.sessions.begin() as session:
            ours = settle.sent(session, sent)
    except Exception as error:
        log.error("results_not_written", count=len(sent), exc_info=error)
        return
    log.info("handed_over", count=len(ours))
    for letter, answer in sent:
        if letter.message_id not in ours:
            _log_refused(letter, answer)


def _record_one(runtime: Runtime, book: AddressBook, letter: Letter, answer: Answer, look_in: float) -> None:
    try:
        with runtime.sessions.begin() as session:
            ours = settle.result(session, book, letter.attempt_id, letter.fence, answer, look_in)
    except Exception as error:
        log.error("delivery_broken", message_id=str(letter.message_id), exc_info=error)
        return
    if ours:
        log.info("not_handed_over", message_id=str(letter.message_id), meaning=answer.meaning.value, code=answer.code)
    else:
        _log_refused(letter, answer)


def _log_refused(letter: Letter, answer: Answer) -> None:
    """Somebody else has the message now; only the attempt knows what came of this call."""
    log.warning("result_refused", message_id=str(letter.message_id), meaning=answer.meaning.value, code=answer.code)
