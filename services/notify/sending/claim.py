"""Taking what is due: under a lease, under a new fence, and with the intent to send it written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Uuid, text
from sqlalchemy.orm import Session

from services.chassis.runtime import Runtime
from services.notify import desk
from services.notify.people.addresses import AddressBook, book_of
from services.notify.planning.policy import clinic_policy
from services.notify.schedule import Policy, is_waking
from services.notify.sending import breaker, by_hand, cap, compose, rate, settle
from services.notify.settings import Settings
from services.notify.transports.answer import Letter

CHANNELS = ("text", "email", "desk")

_CLAIM = text(
    "WITH due AS ("
    "  SELECT due_id, asked.channel, ready_at, room FROM unnest("
    "    CAST(:channels AS text[]), CAST(:zones AS text[]), CAST(:rooms AS integer[])) AS asked (channel, zone, room)"
    "  CROSS JOIN LATERAL ("
    "   SELECT id AS due_id, ready_at FROM messages"
    "   WHERE state = 'planned' AND channel = asked.channel AND zone = asked.zone"
    "    AND ready_at <= fascia_now() AND send_before > fascia_now()"
    # What came back, or somebody's word, may have made it untrue: it is planned again first.
    "    AND NOT EXISTS (SELECT FROM replans"
    "     WHERE replans.referral_id = messages.referral_id AND (messages.fence > 0 OR urgent))"
    "   ORDER BY ready_at LIMIT asked.room FOR UPDATE SKIP LOCKED) AS in_lane"
    "), first AS ("
    # Each zone gave as many as there is room for on the channel.
    "  SELECT due_id, room, row_number() OVER (PARTITION BY channel ORDER BY ready_at) AS place FROM due"
    ")"
    " UPDATE messages SET state = 'sending', fence = fence + 1, attempts = attempts + 1,"
    "  attempt_id = gen_random_uuid(), changed_at = fascia_now(),"
    "  leased_until = clock_timestamp() + make_interval(secs => :lease)"
    " FROM first WHERE id = due_id AND place <= room RETURNING id, channel"
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


_INTEND = text(
    "INSERT INTO attempts (id, message_id, fence, channel, address, digest, ask_at)"
    " SELECT made.*, CASE WHEN channel = 'text' THEN clock_timestamp() + make_interval(secs => :ask_in) END"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:messages AS uuid[]), CAST(:fences AS integer[]),"
    "  CAST(:channels AS text[]), CAST(:addresses AS text[]), CAST(:digests AS bytea[]))"
    "  AS made (id, message_id, fence, channel, address, digest)"
)


@dataclass(frozen=True, slots=True)
class Lane:
    """What may be claimed of one channel in one zone. `room` is the whole channel's."""

    channel: str
    zone: str
    room: int
    probe: bool


def claim(runtime: Runtime, settings: Settings, room: Mapping[str, int]) -> tuple[int, list[Letter]]:
    """Up to so many of each channel: how many were claimed, and the letters of those to be sent."""
    book = book_of(runtime)
    with runtime.sessions.begin() as session:
        policy, lanes = open_lanes(session, settings, room)
        ids = take(session, settings, policy, lanes)
        if not ids:
            return 0, []
        ready = _ready(session, settings, book, ids)
        _write_intents(session, book, ready, settings.unreported_after)
        for channel in {lane.channel for lane in lanes if lane.probe}:
            for letter in [letter for letter in ready if letter.channel == channel][:1]:
                breaker.probe(session, channel, letter.message_id, settings.lease)
    return len(ids), ready


def open_lanes(session: Session, settings: Settings, room: Mapping[str, int]) -> tuple[Policy | None, list[Lane]]:
    """What may go out. Texts wait out the night where they are read, and for their number's rate; a channel
    whose provider refuses our configuration waits for its pause to end."""
    passable = breaker.passable(session, [channel for channel in CHANNELS if room[channel] > 0])
    waiting: list[Any] = list(session.execute(_WAITING, {"channels": list(passable)}))
    known = clinic_policy(session) if waiting else None
    if known is None:
        return None, []
    policy, now = known
    rooms = {channel: 1 if probe else room[channel] for channel, probe in passable.items()}
    zones = [
        (channel, zone)
        for channel, zone in waiting
        if channel != "text" or is_waking(now, ZoneInfo(zone), policy)
    ]  # fmt: skip
    if policy.texts_per_second is not None and any(channel == "text" for channel, _ in zones):
        rooms["text"] = min(rooms["text"], rate.given(session, settings.twilio_from, policy.texts_per_second))
    lanes = (Lane(channel, zone, rooms[channel], passable[channel]) for channel, zone in zones)
    return policy, [lane for lane in lanes if lane.room > 0]


def take(session: Session, settings: Settings, policy: Policy | None, lanes: list[Lane]) -> list[UUID]:
    """Leased, under a new fence and a new attempt; without those who have had their texts of the day."""
    if policy is None or not lanes:
        return []
    asked = {
        "channels": [lane.channel for lane in lanes], "zones": [lane.zone for lane in lanes],
        "rooms": [lane.room for lane in lanes], "lease": settings.lease,
    }  # fmt: skip
    claimed: list[Any] = list(session.execute(_CLAIM, asked))
    texts = [id_ for id_, channel in claimed if channel == "text"]
    back = cap.put_back(session, texts, policy.texts_a_day) if texts else set()
    if policy.texts_per_second is not None:
        rate.take(session, settings.twilio_from, len(texts) - len(back))
    return [id_ for id_, _ in claimed if id_ not in back]


def _ready(session: Session, settings: Settings, book: AddressBook, ids: list[UUID]) -> list[Letter]:
    """The letters to be sent. What is the desk's becomes a task here; what cannot be written fails here, and what may
    not be, as somebody said so a moment ago, is planned again."""
    ready = []
    for message, letter in compose.letters(session, settings, book, ids):
        if letter:
            ready.append(letter)
        elif message.channel == "desk":
            desk.ask_about(session, "call_patient" if message.role == "patient" else "send_by_fax", message)
            settle.close(session, message, "sent")
        elif message.kind not in compose.REGARDLESS and not by_hand.may_be_written_to(session, message):
            settle.put_back(session, message)
        else:
            desk.ask_about(session, "not_delivered", message)
            settle.close(session, message, "failed", reason="not_written")
    return ready


def _write_intents(session: Session, book: AddressBook, ready: list[Letter], ask_in: float) -> None:
    """Each address is sealed anew: the contact's may still be sealed with a key that is about to go."""
    if not ready:
        return
    intents = {
        "ids": [letter.attempt_id for letter in ready],
        "messages": [letter.message_id for letter in ready],
        "fences": [letter.fence for letter in ready],
        "channels": [letter.channel for letter in ready],
        "addresses": [book.close(letter.address) for letter in ready],
        "digests": [book.hash(letter.text) for letter in ready],
        "ask_in": ask_in,
    }
    session.execute(_INTEND, intents)
