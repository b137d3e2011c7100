"""Events to tell, and what became of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.contracts.booking import SessionBooked

SEAL_KEY = "c2VhbGVkLXdpdGgtYS1rZXktb2YtdGhlLXRlc3RzISE="
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
POISON = 666
SLOW, SLOW_SECONDS = 777, 1.0


def session_booked(number: int = 1, **changes: Any) -> SessionBooked:
    values = {
        "version": 1,
        "session_id": new_id(),
        "series_id": new_id(),
        "referral_id": new_id(),
        "patient_id": new_id(),
        "number": number,
        "of": 8,
        "status": "booked",
        "starts_at": NOON,
        "ends_at": NOON,
        **changes,
    }
    return SessionBooked(**values)


def tell(teller: Runtime, *events: SessionBooked) -> list[UUID]:
    """Commit events; returns what they are about."""
    with teller.sessions.begin() as session:
        teller.outbox.record(session, *events)
    return [event.session_id for event in events]


def told(teller: Runtime, count: int, number: int = 1) -> list[UUID]:
    return tell(teller, *(session_booked(number) for _ in range(count)))


def take_effect(session: Any, event: Any) -> None:
    session.execute(
        text("INSERT INTO effects (session_id, number) VALUES (:id, :number)"),
        {"id": event.session_id, "number": event.number},
    )


def rows(of: Runtime | Engine, query: str, **values: Any) -> list[Any]:
    engine = of.engine if isinstance(of, Runtime) else of
    with engine.begin() as connection:
        return list(connection.execute(text(query), values).all())


def value(of: Runtime | Engine, query: str, **values: Any) -> Any:
    return rows(of, query, **values)[0][0]


def effects(of: Runtime) -> list[UUID]:
    return sorted(row[0] for row in rows(of, "SELECT session_id FROM effects"))


def wait_until(holds: Callable[[], Any], seconds: float = 20, what: str = "it") -> Any:
    """The first true answer. Fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return answer


def assert_each_took_effect_once(teller: Runtime, listener: Runtime, expected: list[UUID], seconds: float = 30) -> None:
    """The ledger: everything committed took effect exactly once, and nothing is stuck."""
    wait_until(
        lambda: value(listener, "SELECT count(DISTINCT session_id) FROM effects") >= len(set(expected)),
        seconds,
        f"the effect of {len(expected)} events",
    )
    wait_until(lambda: not rows(teller, "SELECT 1 FROM outbox LIMIT 1"), seconds, "an empty outbox")
    assert effects(listener) == sorted(expected)
    assert rows(listener, "SELECT event_id, state, error FROM inbox WHERE state <> 'done'") == []
