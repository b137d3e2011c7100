"""From the broker to a handler: each event takes effect once, and none that failed is lost.

The row that says an event was taken and the handler's own changes commit together, before the
message is acknowledged. A handler that raises leaves a row that waits for its next attempt, and
after the last one is parked, where a person sees it and can replay it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.database import Sessions
from services.chassis.events import Envelope, UndecodableError, UnknownShapeError, decode, open_event
from services.chassis.seal import Seal
from services.chassis.tables import inbox
from services.contracts.event import Event

log = structlog.get_logger()

Handler = Callable[[Session, Event], None]

RETRY_AFTER = (1, 5, 15, 60, 300, 900, 3600)
"""Seconds until the next attempt; when they are used up the event is parked."""


class Inbox:
    def __init__(self, sessions: Sessions, seal: Seal) -> None:
        self._sessions = sessions
        self._seal = seal

    def take(self, body: bytes | str, handle: Handler) -> None:
        """Let an event take effect, unless it did before. Returns once the outcome is committed.

        Raises only what says that the database is unreachable.
        """
        try:
            envelope = decode(body)
        except UndecodableError as error:
            return self._park_undecodable(body, str(error))
        text_body = body if isinstance(body, str) else body.decode()
        with self._sessions.begin() as session:
            if not self._first_time(session, envelope):
                return None
            error_name = self._attempt(session, envelope, handle)
            if error_name:
                self._keep(session, envelope.id, 1, text_body, error_name)
        return None

    def retry_due(self, handlers: Mapping[str, Handler], limit: int = 50) -> int:
        """Try again what is due; returns how many were tried."""
        tried = 0
        while tried < limit and self._retry_one(handlers):
            tried += 1
        return tried

    def _retry_one(self, handlers: Mapping[str, Handler]) -> bool:
        with self._sessions.begin() as session:
            row = session.execute(
                select(inbox.c.event_id, inbox.c.type, inbox.c.body, inbox.c.attempts)
                .where(inbox.c.state == "retry", inbox.c.next_at <= func.clock_timestamp())
                .order_by(inbox.c.next_at)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).one_or_none()
            if row is None:
                return False
            error_name = self._attempt(session, decode(row.body), handlers[row.type])
            if error_name:
                self._keep(session, row.event_id, row.attempts + 1, row.body, error_name)
            else:
                self._settle(session, row.event_id)
            return True

    def _first_time(self, session: Session, envelope: Envelope) -> bool:
        row = insert(inbox).values(event_id=envelope.id, type=envelope.type, state="done")
        return session.scalar(row.on_conflict_do_nothing().returning(inbox.c.event_id)) is not None

    def _attempt(self, session: Session, envelope: Envelope, handle: Handler) -> str | None:
        """Run the handler in a savepoint; returns what went wrong, if anything did."""
        context.trace.set(envelope.trace)
        context.actor.set(context.Actor(f"event:{envelope.type}", frozenset({"service"})))
        try:
            event = open_event(envelope, self._seal)
            with session.begin_nested():
                handle(session, event)
        except UnknownShapeError as error:
            return f"UnknownShapeError: {error}"
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            return _described(error, envelope)
        except Exception as error:
            return _described(error, envelope)
        return None

    def _keep(self, session: Session, event_id: UUID, attempts: int, body: str, error: str) -> None:
        hopeless = error.startswith("UnknownShapeError") or attempts > len(RETRY_AFTER)
        delay = 0 if hopeless else RETRY_AFTER[attempts - 1]
        session.execute(
            update(inbox)
            .where(inbox.c.event_id == event_id)
            .values(
                state="parked" if hopeless else "retry",
                attempts=attempts,
                error=error,
                body=body,
                next_at=func.clock_timestamp() + text(f"interval '{delay} seconds'"),
                changed_at=func.clock_timestamp(),
            )
        )

    def _settle(self, session: Session, event_id: UUID) -> None:
        session.execute(
            update(inbox)
            .where(inbox.c.event_id == event_id)
            .values(state="done", error=None, body=None, next_at=None, changed_at=func.clock_timestamp())
        )

    def _park_undecodable(self, body: bytes | str, reason: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        digest = hashlib.sha256(raw).hexdigest()
        log.error("event_undecodable", digest=digest, length=len(raw))
        row = insert(inbox).values(
            event_id=uuid5(NAMESPACE_OID, digest),
            state="parked",
            error=f"UndecodableError: {reason}",
            sealed_body=self._seal.close_bytes(raw),
            digest=digest,
            length=len(raw),
        )
        with self._sessions.begin() as session:
            session.execute(row.on_conflict_do_nothing())


def _described(error: Exception, envelope: Envelope) -> str:
    log.error("event_handler_failed", type=envelope.type, event_id=str(envelope.id), exc_info=error)
    return type(error).__name__


def parked(session: Session, limit: int = 100) -> list[dict[str, Any]]:
    """What waits for a person: ids, types, reasons; bodies are shown as they travelled, sealed fields sealed."""
    columns = (inbox.c.event_id, inbox.c.type, inbox.c.attempts, inbox.c.error, inbox.c.received_at)
    rows = session.execute(
        select(*columns).where(inbox.c.state == "parked").order_by(inbox.c.received_at).limit(limit)
    )
    return [dict(row._mapping) for row in rows]


def replay(session: Session, event_id: UUID) -> bool:
    """Let a parked event be tried again now; false when there is none with this id that can be."""
    changed = session.execute(
        update(inbox)
        .where(inbox.c.event_id == event_id, inbox.c.state == "parked", inbox.c.body.is_not(None))
        .values(state="retry", attempts=0, next_at=func.clock_timestamp(), changed_at=func.clock_timestamp())
        .returning(inbox.c.event_id)
    )
    return changed.one_or_none() is not None
