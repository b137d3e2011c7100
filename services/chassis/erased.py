"""Whom nothing is to be known of any more: what comes late about them has no effect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.seal import Seal, UnsealError
from services.chassis.tables import erased, inbox


def mark(session: Session, ids: Iterable[UUID], at: datetime) -> None:
    rows = [{"id": id_, "erased_at": at} for id_ in sorted(set(ids))]
    if rows:
        session.execute(insert(erased).on_conflict_do_nothing(), rows)


def is_erased(session: Session, id_: UUID) -> bool:
    return bool(session.scalar(select(exists().where(erased.c.id == id_))))


def forget(session: Session, seal: Seal, ids: Iterable[UUID]) -> None:
    """What the outbox, the inbox and the remembered answers hold about these ids. Events that seal nothing tell ids
    and times only: they still go out."""
    named = sorted({str(id_) for id_ in ids})
    patterns = {"patterns": [f"%{name}%" for name in named]}
    for statement in (_IN_OUTBOX, _IN_INBOX, _ANSWERED):
        session.execute(statement, patterns)
    _undecodable(session, seal, named)


_NAMES_THEM = "LIKE ANY (CAST(:patterns AS text[]))"
_IN_OUTBOX = text(f"DELETE FROM outbox WHERE body {_NAMES_THEM} AND body LIKE '%gAAAAA%'")
# The row stays, so that the event is known when it comes again.
_IN_INBOX = text(
    "UPDATE inbox SET state = 'done', body = NULL, error = NULL, next_at = NULL, changed_at = clock_timestamp()"
    f" WHERE state IN ('retry', 'parked') AND body {_NAMES_THEM}"
)
_ANSWERED = text(f"DELETE FROM idempotency WHERE CAST(body AS text) {_NAMES_THEM}")


def _undecodable(session: Session, seal: Seal, named: list[str]) -> None:
    parked: Any = session.execute(select(inbox.c.event_id, inbox.c.sealed_body).where(inbox.c.sealed_body.is_not(None)))
    gone = [event_id for event_id, body in parked if any(name in _opened(seal, body) for name in named)]
    if gone:
        session.execute(delete(inbox).where(inbox.c.event_id.in_(gone)))


def _opened(seal: Seal, body: str) -> str:
    try:
        return seal.open_bytes(body).decode(errors="replace")
    except UnsealError:
        return ""
