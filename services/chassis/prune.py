"""What was remembered long enough goes: events that took effect, answers under a key."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.chassis.database import Sessions

INBOX_FOR = timedelta(days=30)
IDEMPOTENCY_FOR = timedelta(days=7)
TOO_OLD = INBOX_FOR - timedelta(days=1)
"""An event of this age may be one that took effect and was forgotten since: a person looks at it."""
BATCH = 500

_IDS = 2**80
"""The first 48 bits of a UUIDv7 are its milliseconds (RFC 9562)."""

_DONE = text(
    "DELETE FROM inbox WHERE event_id IN ("
    " SELECT event_id FROM inbox WHERE event_id < :first_kept AND state = 'done'"
    "  AND received_at < clock_timestamp() - CAST(:age AS interval)"
    " ORDER BY event_id LIMIT :batch FOR UPDATE SKIP LOCKED)"
)
_ANSWERS = text(
    "DELETE FROM idempotency WHERE (actor, key) IN ("
    " SELECT actor, key FROM idempotency WHERE created_at < clock_timestamp() - CAST(:age AS interval)"
    " LIMIT :batch FOR UPDATE SKIP LOCKED)"
)


def prune(sessions: Sessions, batches: int = 10) -> int:
    """Delete what is old, in small transactions; returns how many rows. The next call goes on."""
    first_kept = UUID(int=max(0, int((time.time() - INBOX_FOR.total_seconds()) * 1000)) * _IDS)
    done = {"first_kept": first_kept, "age": INBOX_FOR, "batch": BATCH}
    return _in_batches(sessions, _DONE, done, batches) + _in_batches(
        sessions, _ANSWERS, {"age": IDEMPOTENCY_FOR, "batch": BATCH}, batches
    )


def _in_batches(sessions: Sessions, statement: Any, values: dict[str, Any], batches: int) -> int:
    deleted = 0
    for _ in range(batches):
        with sessions.begin() as session:
            result: Any = session.execute(statement, values)
            some = result.rowcount
        deleted += some
        if some < BATCH:
            break
    return deleted


def made_at(id_: UUID) -> datetime | None:
    """When an id of ours was made; None of one that does not tell."""
    return datetime.fromtimestamp((id_.int // _IDS) / 1000, UTC) if id_.version == 7 else None


def is_too_old(id_: UUID) -> bool:
    made = made_at(id_)
    return made is not None and datetime.now(UTC) - made > TOO_OLD
