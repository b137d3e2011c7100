"""Sending what is due, so that a crash at any point loses nothing and sends nothing twice.

1. Claim: due rows become `sending` under a lease, each under a new fence, and an attempt is written: INTENT.
2. Call the provider, unless so much time has passed that the lease may end during the call.
3. Write what it said: RESULT, only if the fence is still ours.
What stays `sending` past its lease becomes `unknown` (`resolve.sweep`), and is looked into, never just resent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from eventlet import GreenPool
from sqlalchemy import Uuid, func, insert, select, text
from sqlalchemy.orm import Session

from services.chassis import clock, context
from services.chassis.runtime import Runtime
from services.notify import compose, desk, settle
from services.notify.addresses import AddressBook, book_of
from services.notify.models import Attempt, Clinic, Pause
from services.notify.schedule import is_waking
from services.notify.settings import Settings, settings_of
from services.notify.transports.answer import Answer, Letter, Meaning, Transport

log = structlog.get_logger()

MYSELF = context.Actor("notify-worker", frozenset({"service"}))
"""Who sends, in the audit."""

_CLAIM = text(
    "UPDATE messages SET state = 'sending', fence = fence + 1, attempts = attempts + 1,"
    "  attempt_id = gen_random_uuid(), changed_at = fascia_now(),"
    "  leased_until = clock_timestamp() + make_interval(secs => :lease)"
    " FROM unnest(CAST(:channels AS text[])) AS asked (channel)"
    " CROSS JOIN LATERAL ("
    "  SELECT id AS due_id FROM messages"
    "  WHERE state = 'planned' AND channel = asked.channel"
    "   AND ready_at <= fascia_now() AND send_before > fascia_now()"
    "  ORDER BY ready_at LIMIT :limit FOR UPDATE SKIP LOCKED) AS due"
    " WHERE id = due_id RETURNING id"
).columns(id=Uuid)


def dispatch_due(runtime: Runtime, transports: Mapping[str, Transport], limit: int | None = None) -> int:
    """Send up to `limit` due messages of each channel, at the same time where the process is green.

    Returns how many were claimed.
    """
    settings = settings_of(runtime)
    patience = time.monotonic() + settings.lease - 2 * settings.send_timeout
    claimed, ready = _claim(runtime, settings, limit or settings.senders)
    pool = GreenPool(max(len(ready), 1))
    for letter in ready:
        pool.spawn_n(_deliver, runtime, transports[letter.channel], letter, patience)
    pool.waitall()
    return claimed


def _claim(runtime: Runtime, settings: Settings, limit: int) -> tuple[int, list[Letter]]:
    book = book_of(runtime)
    with runtime.sessions.begin() as session:
        channels = _open_channels(session)
        ids: list[UUID] = list(session.scalars(_CLAIM, {"channels": channels, "limit": limit, "lease": settings.lease}))
        if not ids:
            return 0, []
        ready = _ready(session, settings, book, ids)
        _write_intents(session, book, ready)
    return len(ids), ready


def _open_channels(session: Session) -> list[str]:
    """Texts wait out the night; a channel whose provider refuses our configuration waits for its pause to end."""
    zone = session.scalar(select(Clinic.timezone).limit(1))
    if zone is None:
        return []
    open_now = ["text", "email", "desk"] if is_waking(clock.now(session), ZoneInfo(zone)) else ["email", "desk"]
    paused = set(session.scalars(select(Pause.channel).where(Pause.until > func.clock_timestamp())))
    return [channel for channel in open_now if channel not in paused]


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


def _deliver(runtime: Runtime, transport: Transport, letter: Letter, patience: float) -> None:
    """An error here leaves the row `sending`; when its lease ends it is looked into."""
    context.actor.set(MYSELF)
    try:
        in_time = time.monotonic() < patience
        answer = _send(transport, letter) if in_time else Answer(Meaning.RETRY, code="not_called")
        _record(runtime, letter, answer)
    except Exception as error:
        log.error("delivery_broken", message_id=str(letter.message_id), exc_info=error)


def _send(transport: Transport, letter: Letter) -> Answer:
    try:
        return transport.send(letter)
    except Exception as error:
        log.error("transport_broken", message_id=str(letter.message_id), exc_info=error)
        return Answer(Meaning.UNKNOWN, code=type(error).__name__)


def _record(runtime: Runtime, letter: Letter, answer: Answer) -> None:
    look_in = settings_of(runtime).unknown_after
    with runtime.sessions.begin() as session:
        ours = settle.result(session, book_of(runtime), letter.attempt_id, letter.fence, answer, look_in)
    log.info(
        "handed_over" if ours else "result_refused", message_id=str(letter.message_id), channel=letter.channel,
        meaning=answer.meaning.value, code=answer.code,
    )  # fmt: skip
