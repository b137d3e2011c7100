"""Taking what is due: under a lease, under a new fence, and with the intent to send it written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, func, insert, select, text
from sqlalchemy.orm import Session

from services.chassis import clock
from services.chassis.runtime import Runtime
from services.notify import compose, desk, settle
from services.notify.addresses import AddressBook, book_of
from services.notify.models import Attempt, Pause
from services.notify.schedule import is_waking
from services.notify.settings import Settings
from services.notify.transports.answer import Letter

CHANNELS = ("text", "email", "desk")

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


def claim(runtime: Runtime, settings: Settings, room: Mapping[str, int]) -> tuple[int, list[Letter]]:
    """Up to so many of each channel: how many were claimed, and the letters of those to be sent."""
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
