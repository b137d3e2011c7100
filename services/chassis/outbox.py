"""Facts are recorded in the transaction that makes them true; the relay publishes them later."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.chassis.seal import Seal
from services.chassis.tables import outbox
from services.contracts.event import Event
from services.contracts.subscriptions import exchange_name


class Outbox:
    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def record(self, session: Session, *events: Event) -> None:
        """Write events into the open transaction, in one round trip. Raises `ValueError` for an event
        that no consumer could read, such as one with a naive instant."""
        if not events:
            return
        session.execute(insert(outbox), [self._row(event) for event in events])

    def _row(self, event: Event) -> dict[str, object]:
        event_id = new_id()
        at = datetime.now(UTC)
        return {
            "event_id": event_id,
            "exchange": exchange_name(event.publisher()),
            "routing_key": event.event_type(),
            "body": encode(event, self._seal, event_id=event_id, at=at, trace=context.trace.get()),
        }
