"""How fast due texts are claimed while a million rows are planned: taken under a lease, and with the letters and the
intents written; and how soon the messages of another series are planned."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from bench import due_texts, messages_of_series
from services.chassis import database, runtime
from services.chassis.runtime import Runtime
from services.local.postgres import Postgres
from services.notify.sending import claim
from services.notify.sending.dispatch import MOST_WAITING
from services.notify.settings import settings_of

DATABASE = "bench_claiming"
PLANNED, DUE = 1_000_000, 20_000

_FUTURE = text(
    "INSERT INTO messages (id, subject_id, starts_at, kind, channel, recipient, role, patient_id, referral_id,"
    "  session_id, zone, due_at, ready_at, send_before)"
    " SELECT uuidv7(), uuidv7(), at + interval '2 hours', 'reminder_120', 'text', patient, 'patient',"
    "  patient, uuidv7(), uuidv7(), :zone, at, at, at + interval '2 hours'"
    " FROM (SELECT uuidv7() AS patient, fascia_now() + interval '1 day' + n * interval '5 seconds' AS at"
    "  FROM generate_series(1, :count) AS n) AS planned"
)

_INDEXES = text(
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'messages'"
    " AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE conrelid = CAST('messages' AS regclass))"
)


def measure(postgres: Postgres, settings: Any) -> dict[str, float]:
    """Rows a second, in claims as large as a busy worker's."""
    url = postgres.create_database(DATABASE)
    database.migrate("notify", url)
    running = runtime.start("notify", replace(settings, database_url=url))
    try:
        return _measured(running)
    finally:
        running.engine.dispose()
        postgres.drop_database(DATABASE)


def _measured(running: Runtime) -> dict[str, float]:
    now = datetime.now(UTC) - timedelta(seconds=1)
    with running.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        with _indexed_afterwards(connection):
            connection.execute(_FUTURE, {"count": PLANNED - DUE, "zone": due_texts.where_it_is_noon(now).key})
    due_texts.plan(running, DUE, now)
    size = settings_of(running).senders * (1 + MOST_WAITING)
    return messages_of_series.measure(running) | {
        "claim_rows_per_s": _rate(lambda: _taken(running, size)),
        "claim_and_write_rows_per_s": _rate(lambda: _claimed(running, size)),
    }


@contextmanager
def _indexed_afterwards(connection: Connection) -> Iterator[None]:
    """A million rows are written in half the time while nothing but what makes them unique is kept up to date."""
    indexes = list(connection.execute(_INDEXES))
    for name, _ in indexes:
        connection.execute(text(f"DROP INDEX {name}"))
    yield
    for _, definition in indexes:
        connection.execute(text(definition))


def _rate(some: Callable[[], int]) -> float:
    some()
    began, rows = time.perf_counter(), 0
    while rows < DUE / 3:
        rows += some()
    return rows / (time.perf_counter() - began)


def _taken(running: Runtime, size: int) -> int:
    with running.sessions.begin() as session:
        policy, lanes = claim.open_lanes(session, settings_of(running), {"text": size, "email": 0, "desk": 0})
        return len(claim.take(session, settings_of(running), policy, lanes))


def _claimed(running: Runtime, size: int) -> int:
    return claim.claim(running, settings_of(running), {"text": size, "email": 0, "desk": 0})[0]
