"""Who sends the reminders: Fascia, and Celery in two ways. Each plans them, names its processes, and knows how many it
has not yet sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from celery import Celery
from sqlalchemy import create_engine, text

from bench import due_texts, plain_celery
from services.chassis import runtime
from services.chassis.settings import load
from services.local import roster
from services.local.processes import ProcessSpec
from services.local.stack import Stack
from services.notify.settings import Settings

WORKERS, CONCURRENCY = 2, 32
"""So many texts are on their way at the same time in each worker."""
POOL = "threads"
"""Celery's quickest here: processes take more than twice as much of a core for each text, as all it does is wait."""
FILLED = ("messages", "attempts", "series", "visits", "replans", "contacts", "clinic", "pauses")


class Sender(Protocol):
    name: str
    planned_per_s: int
    """At least so many; the reminders fall due when all of them are planned."""

    def workers(self, patient: bool) -> Sequence[ProcessSpec]:
        """Those that are killed. `patient`: with the times that suit the world, not a test of killing."""

    def others(self) -> Sequence[ProcessSpec]: ...

    def plan(self, count: int, due_at: datetime, over: timedelta) -> None:
        """One for each of so many patients, falling due one after the other over so long."""

    def unsent(self) -> int: ...

    def close(self) -> None: ...


class Fascia:
    name, planned_per_s = "fascia", 1000
    PATIENT: Mapping[str, str] = {"NOTIFY_SEND_TIMEOUT": "10", "NOTIFY_LEASE": "60", "NOTIFY_UNKNOWN_AFTER": "120"}

    def __init__(self, stack: Stack) -> None:
        told = {**os.environ, **stack.environment, "NOTIFY_SENDERS": str(CONCURRENCY)}
        self._running = runtime.start("notify", load(Settings, told, "notify"))
        [self._worker] = [spec for spec in roster.processes(stack.setup) if spec.name == "notify-worker"]

    def workers(self, patient: bool) -> Sequence[ProcessSpec]:
        env = {**self._worker.env, "NOTIFY_SENDERS": str(CONCURRENCY), **(self.PATIENT if patient else {})}
        return [ProcessSpec(f"fascia-{n}", self._worker.argv, env) for n in range(WORKERS)]

    def others(self) -> Sequence[ProcessSpec]:
        return []

    def plan(self, count: int, due_at: datetime, over: timedelta) -> None:
        with self._running.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(FILLED)} CASCADE"))
        due_texts.plan(self._running, count, due_at, over)

    def unsent(self) -> int:
        query = "SELECT count(*) FROM messages WHERE channel = 'text' AND state IN ('planned', 'sending', 'unknown')"
        with self._running.engine.connect() as connection:
            return connection.scalar(text(query)) or 0

    def close(self) -> None:
        self._running.engine.dispose()


class PlainCelery:
    """`polls`: beat has the table looked through; else each reminder is a task with an ETA."""

    def __init__(self, stack: Stack, polls: bool) -> None:
        self.name = "celery_beat" if polls else "celery_eta"
        self.planned_per_s = 5000 if polls else 300
        url, self._broker = stack.postgres.create_database(self.name), stack.broker.add_vhost(self.name)
        self._engine, self._polls, self._folder = create_engine(url), polls, stack.folder
        setup = stack.setup
        self._env = {
            **os.environ, "PYTHONPATH": stack.environment["PYTHONPATH"], "PLAIN_BROKER_URL": self._broker,
            "PLAIN_DATABASE_URL": url, "PLAIN_TWILIO_URL": setup.at("sandbox"), "PLAIN_FROM": due_texts.SENT_FROM,
            "PLAIN_TWILIO_ACCOUNT": setup.credentials.path("twilio_account_sid").read_text(),
            "PLAIN_TWILIO_TOKEN": setup.credentials.path("twilio_auth_token").read_text(),
            "PLAIN_POLLS": "yes" if polls else "",
        }  # fmt: skip
        with self._engine.begin() as connection:
            connection.execute(text(plain_celery.TABLE))

    def workers(self, patient: bool) -> Sequence[ProcessSpec]:
        env = {**self._env, "PLAIN_REQUEUE_SECONDS": "600" if patient else "15"}
        options = ("--pool", POOL, "--concurrency", str(CONCURRENCY), "--loglevel", "warning")
        return [
            ProcessSpec(f"{self.name}-{n}", self._celery("worker", *options, "--hostname", f"{n}@%h"), env)
            for n in range(WORKERS)
        ]

    def others(self) -> Sequence[ProcessSpec]:
        schedule = str(self._folder / "beat-schedule")
        beat = ProcessSpec(f"{self.name}-scheduler", self._celery("beat", "--schedule", schedule), self._env)
        return [beat] if self._polls else []

    def plan(self, count: int, due_at: datetime, over: timedelta) -> None:
        rows = [_row(id_, due_at + over * id_ / count) for id_ in range(count)]
        with self._engine.begin() as connection:
            connection.execute(text("TRUNCATE reminders"))
            connection.execute(
                text("INSERT INTO reminders VALUES (:id, :phone, 'Jordan Rivera', :starts_at, :due_at)"), rows
            )
        if not self._polls:
            app = Celery(broker=self._broker, set_as_current=False)
            with app.producer_or_acquire() as producer:
                for row in rows:
                    app.send_task("send", (row["id"],), eta=row["due_at"], producer=producer)

    def unsent(self) -> int:
        with self._engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM reminders WHERE sent_at IS NULL")) or 0

    def close(self) -> None:
        self._engine.dispose()

    def _celery(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "celery", "--app", "bench.plain_celery", *words]


def _row(index: int, due_at: datetime) -> dict[str, object]:
    starts_at = due_at + due_texts.LEAD
    return {"id": index, "phone": due_texts.number(index), "starts_at": starts_at, "due_at": due_at}
