"""What is told of sessions: to the other services, and to the history that the ledger can be recomputed from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.booking.models import History
from services.chassis.outbox import Outbox
from services.contracts.booking import SessionEvent
from services.contracts.event import Event, to_primitives


def tell(session: Session, outbox: Outbox, order_id: UUID, now: datetime, events: Sequence[Event | None]) -> None:
    """Record events of one order in the open transaction: two round trips, however many there are."""
    told = [event for event in events if event is not None]
    outbox.record(session, *told)
    rows = [_row(event, order_id, now) for event in told if isinstance(event, SessionEvent)]
    if rows:
        session.execute(insert(History), rows)


def _row(event: SessionEvent, order_id: UUID, now: datetime) -> dict[str, object]:
    return {
        "session_id": event.session_id,
        "version": event.version,
        "order_id": order_id,
        "event": event.event_name(),
        "data": to_primitives(event),
        "at": now,
    }
