"""A runtime of booking (who tells) and of notify (who listens), on the real broker and database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.chassis import context, logs, runtime, topology
from services.chassis.runtime import Runtime
from services.chassis.settings import ServiceSettings
from tests.chassis.facts import SEAL_KEY
from tests.chassis.processes import WorkerProcess

EFFECTS = """
CREATE TABLE effects (at timestamptz DEFAULT clock_timestamp(), session_id uuid NOT NULL, number int NOT NULL);
CREATE TABLE promises (id int PRIMARY KEY, kept int REFERENCES promises DEFERRABLE INITIALLY DEFERRED);
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$;
"""


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """Logs as in production, and neither an actor nor a trace left over from another test."""
    logs.configure("test")
    yield
    context.actor.set(context.NOBODY)
    context.trace.set(None)


@pytest.fixture
def settings_for(amqp_url: str, migrated: Callable[[str], str]) -> Callable[..., ServiceSettings]:
    def make(service: str, **changes: Any) -> ServiceSettings:
        values = {
            "database_url": migrated(service),
            "amqp_url": amqp_url,
            "identity_public_key": "-",
            "seal_keys": (SEAL_KEY,),
            **changes,
        }
        return ServiceSettings(**values)

    return make


@pytest.fixture
def start(settings_for: Callable[..., ServiceSettings]) -> Iterator[Callable[..., Runtime]]:
    """A service's runtime with an `effects` table, where tests see what a handler did.

    The tests' server is a forgetful one; here a commit is a commit, because some tests kill it.
    """
    running: list[Runtime] = []

    def begin(service: str, **changes: Any) -> Runtime:
        made = runtime.start(service, settings_for(service, **changes))
        running.append(made)
        with made.engine.begin() as connection:
            connection.execute(text(EFFECTS))
        made.engine.dispose()
        return made

    yield begin
    for made in running:
        made.engine.dispose()


@pytest.fixture
def booking(start: Callable[..., Runtime]) -> Runtime:
    return start("booking")


@pytest.fixture
def notify(start: Callable[..., Runtime]) -> Runtime:
    return start("notify")


@pytest.fixture
def declared(amqp_url: str) -> str:
    """The broker's address, after the topology step, with empty queues."""
    topology.declare(amqp_url)
    with topology.connect(amqp_url) as connection, connection.channel() as channel:
        for queue in topology.queues():
            queue(channel).purge()
    return amqp_url


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """Start a worker of a service; whatever still runs is killed at the end."""
    made: list[WorkerProcess] = []

    def begin(running: Runtime, fault: str = "") -> WorkerProcess:
        process = WorkerProcess(running, tmp_path / f"{len(made)}.log", fault)
        made.append(process)
        return process

    yield begin
    for process in made:
        if process.is_running():
            process.kill()
