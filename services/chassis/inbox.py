"""From the broker to a handler: each event takes effect once, and none that failed is lost.

The row that says an event was taken and the handler's own changes commit together, before the
message is acknowledged. A handler that raises leaves a row that waits for its next attempt, and
after the last one is parked, where a person sees it and can replay it. What is told of somebody who was erased has no
effect any more. An event so old that it may have been taken and forgotten (`prune`) is parked too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from services.chassis import context, erased, prune
from services.chassis.database import Sessions
from services.chassis.events import Envelope, UndecodableError, UnknownShapeError, decode, open_event
from services.chassis.seal import Seal
from services.chassis.tables import inbox
from services.contracts.event import Event

log = structlog.get_logger()

Handler = Callable[[Session, Event], None]

RETRY_AFTER = (1, 5, 15, 60, 300, 900, 3600)
"""Seconds until the next attempt; when they are used up the event is parked."""


_DUE = (
    select(inbox.c.event_id, inbox.c.type, inbox.c.body, inbox.c.attempts)
    .where(inbox.c.state == "retry", inbox.c.next_at <= func.clock_timestamp())
    .order_by(inbox.c.next_at)
    .limit(1)
    .with_for_update(skip_locked=True)
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed; a hopeless one is not tried again by itself."""

    reason: str
    hopeless: bool = False


TOO_OLD = Failure("older than what is remembered: it may have taken effect", hopeless=True)


class Inbox:
    def __init__(self, sessions: Sessions, seal: Seal) -> None:
        self._sessions = sessions
        self._seal = seal

    def take(self, body: bytes | str, handle: Handler) -> None:
        """Let an event take effect, unless it did before. Returns once the outcome is committed.

        Raises only what says that the database cannot commit anything now.
        """
        raw = body if isinstance(body, bytes) else body.encode(errors="surrogatepass")
        try:
            envelope = decode(raw)
        except UndecodableError as error:
            return self._park_undecodable(raw, str(error))
        try:
            self._take(envelope, raw.decode(), handle)
        except Exception as error:
            if _database_is_away(error):
                raise
            self._keep_apart(envelope, raw.decode(), error)
        return None

    def _take(self, envelope: Envelope, body: str, handle: Handler) -> None:
        with self._sessions.begin() as session:
            if not self._first_time(session, envelope):
                return
            if prune.is_too_old(envelope.id):
                failure: Failure | None = TOO_OLD
            else:
                failure = self._attempt(session, envelope, handle)
            if failure:
                self._keep(session, envelope.id, 1, body, failure)

    def _keep_apart(self, envelope: Envelope, body: str, error: Exception) -> None:
        """The whole transaction failed, as a deferred constraint can make it: keep the event in another."""
        with self._sessions.begin() as session:
            if self._first_time(session, envelope):
                self._keep(session, envelope.id, 1, body, _described(error, envelope))

    def retry_due(self, handlers: Mapping[str, Handler], limit: int = 50) -> int:
        """Try again what is due; returns how many were tried."""
        tried = 0
        while tried < limit and self._retry_one(handlers):
            tried += 1
        return tried

    def _retry_one(self, handlers: Mapping[str, Handler]) -> bool:
        row: Any = None
        try:
            with self._sessions.begin() as session:
                row = session.execute(_DUE).one_or_none()
                if row is not None:
                    self._conclude(session, row, self._attempt_again(session, row, handlers))
        except Exception as error:
            if row is None or _database_is_away(error):
                raise
            self._keep_again(row, _described(error, decode(row.body)))
        return row is not None

    def _keep_again(self, row: Any, failure: Failure) -> None:
        """As `_keep_apart`, unless another replica took the row since."""
        same = (inbox.c.event_id == row.event_id, inbox.c.state == "retry", inbox.c.attempts == row.attempts)
        with self._sessions.begin() as session:
            if session.scalar(select(inbox.c.event_id).where(*same).with_for_update()):
                self._conclude(session, row, failure)

    def _attempt_again(self, session: Session, row: Any, handlers: Mapping[str, Handler]) -> Failure | None:
        if row.type not in handlers:
            return Failure("no handler takes this event", hopeless=True)
        return self._attempt(session, decode(row.body), handlers[row.type])

    def _conclude(self, session: Session, row: Any, failure: Failure | None) -> None:
        if failure:
            self._keep(session, row.event_id, row.attempts + 1, row.body, failure)
        else:
            self._settle(session, row.event_id)

    def _first_time(self, session: Session, envelope: Envelope) -> bool:
        row = insert(inbox).values(event_id=envelope.id, type=envelope.type, state="done")
        return session.scalar(row.on_conflict_do_nothing().returning(inbox.c.event_id)) is not None

    def _attempt(self, session: Session, envelope: Envelope, handle: Handler) -> Failure | None:
        """Run the handler in a savepoint; returns what went wrong, if anything did."""
        context.trace.set(envelope.trace)
        context.actor.set(context.Actor(f"event:{envelope.type}", frozenset({"service"})))
        try:
            event = open_event(envelope, self._seal)
            if (person := event.tells_of()) and erased.is_erased(session, person):
                return None
            with session.begin_nested():
                handle(session, event)
        except UnknownShapeError as error:
            return Failure(f"UnknownShapeError: {error}", hopeless=True)
        except Exception as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            return _described(error, envelope)
        return None

    def _keep(self, session: Session, event_id: UUID, attempts: int, body: str, failure: Failure) -> None:
        hopeless = failure.hopeless or attempts > len(RETRY_AFTER)
        delay = timedelta(seconds=0 if hopeless else RETRY_AFTER[attempts - 1])
        session.execute(
            update(inbox)
            .where(inbox.c.event_id == event_id)
            .values(
                state="parked" if hopeless else "retry",
                attempts=attempts,
                error=failure.reason,
                body=body,
                next_at=func.clock_timestamp() + delay,
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


def _described(error: Exception, envelope: Envelope) -> Failure:
    log.error("event_handler_failed", type=envelope.type, event_id=str(envelope.id), exc_info=error)
    return Failure(type(error).__name__)


def _database_is_away(error: Exception) -> bool:
    """Whether the same may succeed later without anybody's doing: no connection, no lock, no room."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, (OperationalError, InterfaceError, PoolTimeoutError))


def parked(session: Session, limit: int = 100) -> list[dict[str, Any]]:
    """What waits for a person: ids, types, reasons. Bodies stay in the database."""
    columns = (inbox.c.event_id, inbox.c.type, inbox.c.attempts, inbox.c.error, inbox.c.received_at)
    rows = session.execute(select(*columns).where(inbox.c.state == "parked").order_by(inbox.c.received_at).limit(limit))
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
