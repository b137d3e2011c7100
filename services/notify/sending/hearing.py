"""What a provider tells, many at a time: each event is kept once and counts once, however often it is told.

What went well is written together, in as many statements for a hundred as for one. What did not is kept with what it
says, for a worker (`following`): much may follow from it, and a provider waits for its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, func, text, update
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.database import Sessions
from services.notify.models import Task
from services.notify.people.addresses import AddressBook
from services.notify.sending import breaker, following, settle
from services.notify.sending.told import Event
from services.notify.transports.answer import Answer, Meaning

_KEPT = text(
    "INSERT INTO callbacks (provider, key, attempt_id, event, content, follows)"
    " SELECT provider, key, attempt_id, event,"
    # Nothing is kept of what is told of a person who was erased since.
    "  CASE WHEN EXISTS (SELECT FROM attempts WHERE id = attempt_id AND address = '') THEN '' ELSE content END,"
    "  CAST(follows AS jsonb)"
    " FROM unnest(CAST(:providers AS text[]), CAST(:keys AS bytea[]), CAST(:attempts AS uuid[]),"
    "  CAST(:events AS text[]), CAST(:contents AS text[]), CAST(:follows AS text[]))"
    "  AS told (provider, key, attempt_id, event, content, follows)"
    " ON CONFLICT DO NOTHING RETURNING key"
)

_MOVED_ON = text(
    "WITH told AS ("
    "  SELECT * FROM unnest(CAST(:attempts AS uuid[]), CAST(:states AS text[]), CAST(:providers AS text[]))"
    "   AS told (attempt_id, state, provider_id)"
    "), mine AS ("
    # In the order in which planning locks them.
    "  SELECT id, attempt_id, state AS was FROM messages WHERE id IN ("
    "   SELECT message_id FROM attempts WHERE id = ANY (CAST(:attempts AS uuid[]))) ORDER BY id FOR UPDATE"
    "), noted AS ("
    "  UPDATE attempts SET outcome = CASE WHEN outcome = 'delivered' THEN outcome ELSE told.state END, code = NULL,"
    "   ended_at = coalesce(ended_at, clock_timestamp()),"
    "   provider_id = coalesce(told.provider_id, attempts.provider_id) FROM told WHERE attempts.id = told.attempt_id"
    ")"
    " UPDATE messages SET state = told.state, reason = NULL, leased_until = NULL, look_at = NULL,"
    "  sent_at = coalesce(sent_at, fascia_now()), changed_at = fascia_now(),"
    "  provider_id = coalesce(told.provider_id, messages.provider_id)"
    " FROM told JOIN mine ON mine.attempt_id = told.attempt_id"
    " WHERE messages.id = mine.id"
    "  AND (mine.was = ANY (CAST(:open AS text[])) OR (mine.was = 'sent' AND told.state = 'delivered'))"
    " RETURNING messages.id, messages.attempts, messages.state, mine.was"
).columns(id=Uuid)


def hear(sessions: Sessions, book: AddressBook, events: Sequence[Event]) -> None:
    """All of them are kept, with what they say, or none is."""
    if events:
        with sessions.begin() as session:
            fresh = _fresh(session, book, events)
            _well(session, [one for one in fresh if one.went_well])


def _fresh(session: Session, book: AddressBook, events: Sequence[Event]) -> list[Event]:
    """Those that were not told before. What is about no attempt of ours is kept all the same."""
    by_key = {book.hash(f"{one.provider}|{one.key}") or b"": one for one in events}
    rows = [(key, by_key[key]) for key in sorted(by_key)]
    kept = {
        "providers": [one.provider for _, one in rows],
        "keys": [key for key, _ in rows],
        "attempts": [one.attempt_id for _, one in rows],
        "events": [one.name for _, one in rows],
        "contents": [book.close(json.dumps(one.content, default=str)) for _, one in rows],
        "follows": [None if one.went_well else following.what(book, one) for _, one in rows],
    }
    return [by_key[bytes(key)] for key in session.scalars(_KEPT, kept)]


def _well(session: Session, events: Iterable[Event]) -> None:
    newest: dict[UUID, Answer] = {}
    for one in events:
        if one.attempt_id and one.answer:
            before = newest.get(one.attempt_id)
            if before is None or one.answer.meaning is Meaning.DELIVERED:
                newest[one.attempt_id] = one.answer
    if newest:
        _move_on(session, newest)


def _move_on(session: Session, told: dict[UUID, Answer]) -> None:
    """A state only moves forward, and only by what is told of the newest attempt."""
    rows: Any = session.execute(
        _MOVED_ON,
        {
            "attempts": list(told),
            "states": [answer.meaning.value for answer in told.values()],
            "providers": [answer.provider_id for answer in told.values()],
            "open": list(settle.ON_ITS_WAY),
        },
    )
    moved = list(rows)
    for state, attempt in sorted({(state, attempt) for _, attempt, state, _ in moved}):
        ids = [id_ for id_, attempts, now, _ in moved if (now, attempts) == (state, attempt)]
        audit.record_all(session, f"message_{state}", "message", ids, attempt=attempt, reason=None)
    if found := [id_ for id_, _, _, was in moved if was == "unknown"]:
        _found_out(session, found)
    if moved:
        breaker.heard(session, [row[0] for row in moved], Meaning.SENT)


def _found_out(session: Session, ids: list[UUID]) -> None:
    asked = (Task.kind == "unknown_delivery", Task.about.in_(ids), Task.done_at.is_(None))
    session.execute(update(Task).where(*asked).values(done_at=func.fascia_now()))
