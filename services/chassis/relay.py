"""From the outbox to the broker: claim a batch, publish with pipelined confirms, delete what was confirmed.

A row leaves the outbox only when the broker has confirmed that a queue holds it. What the broker
returned as unroutable waits and is tried again; when no answer comes the row stays and is published
again under the same id, and the consumer's inbox recognises it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import structlog
from amqp import Message, NotFound
from sqlalchemy import Engine, text

from services.chassis.broker import connect
from services.chassis.events import CONTENT_TYPE

log = structlog.get_logger()

BATCH = 500
CONFIRM_TIMEOUT = 10.0

_CLAIM = text(
    "SELECT id, event_id::text, exchange, routing_key, body FROM outbox"
    " WHERE not_before <= clock_timestamp() ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED"
)
_DELETE = text("DELETE FROM outbox WHERE id = ANY(:ids)")
_POSTPONE = text(
    "UPDATE outbox SET attempts = attempts + 1, error = :error,"
    " not_before = clock_timestamp() + power(2, least(attempts, 6)) * interval '1 second'"
    " WHERE id = ANY(:ids)"
)


class ConfirmTimeoutError(Exception):
    """The broker did not confirm in time: whether it has the messages is unknown."""


class Publisher:
    """One channel in confirm mode. Not safe for concurrent use."""

    def __init__(self, amqp_url: str) -> None:
        self._connection = connect(amqp_url)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._acked)
        self._channel.events["basic_nack"].add(self._nacked)
        self._channel.events["basic_return"].add(self._returned)
        self._next_tag = 1
        self._waiting: dict[int, str] = {}
        self._refused: dict[str, str] = {}

    def publish(self, rows: Sequence[Any]) -> dict[str, str]:
        """Publish rows (event_id, exchange, routing_key, body); returns the refused ids with the reason.

        Raises `ConfirmTimeoutError`, or the broker client's own connection errors, when the
        outcome is unknown.
        """
        self._refused = {}
        for row in rows:
            self._waiting[self._next_tag] = row.event_id
            self._next_tag += 1
            self._channel.basic_publish(
                Message(row.body, content_type=CONTENT_TYPE, delivery_mode=2, message_id=row.event_id),
                exchange=row.exchange,
                routing_key=row.routing_key,
                mandatory=True,
                timeout=CONFIRM_TIMEOUT,
            )
        self._wait_for_confirms()
        return self._refused

    def _wait_for_confirms(self) -> None:
        deadline = time.monotonic() + CONFIRM_TIMEOUT
        while self._waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ConfirmTimeoutError(f"{len(self._waiting)} messages unconfirmed")
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                continue

    def _settle(self, tag: int, multiple: bool) -> list[str]:
        tags = [t for t in self._waiting if t <= tag] if multiple else [tag]
        return [self._waiting.pop(t) for t in tags if t in self._waiting]

    def _acked(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple)

    def _nacked(self, tag: int, multiple: bool) -> None:
        for event_id in self._settle(tag, multiple):
            self._refused[event_id] = "refused by the broker"

    def _returned(self, error: Any, exchange: str, routing_key: str, message: Any) -> None:
        self._refused[message.properties["message_id"]] = "no queue is bound to this event"

    def close(self) -> None:
        try:
            self._connection.collect(socket_timeout=1)
        except Exception as error:
            log.debug("publisher_close", error=type(error).__name__)


class Relay:
    """Drains one service's outbox."""

    def __init__(self, engine: Engine, amqp_url: str, batch: int = BATCH) -> None:
        self._engine = engine
        self._amqp_url = amqp_url
        self._batch = self._size = batch
        self._publisher: Publisher | None = None

    def drain(self) -> int:
        """Publish until nothing claimable is left; returns how many events the broker took."""
        taken = 0
        while True:
            size = self._size
            claimed, confirmed = self._one_batch()
            taken += confirmed
            if claimed < size:
                return taken

    def _one_batch(self) -> tuple[int, int]:
        with self._engine.begin() as connection:
            rows = connection.execute(_CLAIM, {"batch": self._size}).all()
            if not rows:
                return 0, 0
            refused = self._publish(rows)
            done = [row.id for row in rows if row.event_id not in refused]
            if done:
                connection.execute(_DELETE, {"ids": done})
            for reason in set(refused.values()):
                ids = [row.id for row in rows if refused.get(row.event_id) == reason]
                connection.execute(_POSTPONE, {"ids": ids, "error": reason})
                log.error("events_refused", count=len(ids), reason=reason)
        return len(rows), len(done)

    def _publish(self, rows: Sequence[Any]) -> dict[str, str]:
        try:
            if self._publisher is None:
                self._publisher = Publisher(self._amqp_url)
            refused = self._publisher.publish(rows)
        except NotFound:
            self.close()
            return {row.event_id: "there is no exchange for this event" for row in rows}
        except BaseException:
            # A broker under a memory alarm keeps what it did not confirm: one event is enough to ask again.
            self._size = 1
            self.close()
            raise
        self._size = self._batch
        return refused

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None
