"""How fast events leave the outbox, and how soon a committed one has taken effect, beside the plain ways."""

from __future__ import annotations

import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg2
from cryptography.fernet import Fernet
from kombu import Connection, Producer
from nameko.standalone.events import event_dispatcher
from sqlalchemy import text

from bench import relay_plain
from services.chassis import database, runtime, topology
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.chassis.settings import ServiceSettings
from services.contracts.booking import SessionBooked
from services.contracts.subscriptions import queue_name
from services.local import ROOT
from services.local.postgres import Postgres

EVENTS, EVENTS_PLAIN, SAMPLES = 20_000, 2_000, 100
CONSUMED = "consumed"
"""The database channel on which a consumer tells, by committing, that it has taken an event."""


def measure(amqp_url: str, postgres: Postgres) -> dict[str, float]:
    """Events a second (persistent, confirmed, to a quorum queue) and milliseconds from commit to commit."""
    topology.declare(amqp_url)
    booking, notify = (_start(service, amqp_url, postgres) for service in ("booking", "notify"))
    try:
        figures = {}
        with _process("bench.relay_teller", booking):
            with _process("bench.relay_listener", notify):
                tell = lambda: _commit(booking, 1)  # noqa: E731
                figures["commit_to_consumed_ms_p50"] = _latency(notify, tell, lambda: None)
            figures["relay_events_per_s"] = _relay_rate(booking)
            figures["relay_events_per_s_plain"] = _plain_rate(amqp_url)
            _purge(amqp_url)
        dispatch = event_dispatcher({"AMQP_URI": amqp_url})
        with _process("bench.relay_plain", notify):
            figures["commit_to_consumed_ms_p50_plain"] = _latency(
                notify, lambda: _commit_row(booking), lambda: dispatch(relay_plain.SERVICE, "booked", "{}")
            )
        return figures
    finally:
        for running in (booking, notify):
            running.engine.dispose()
            postgres.drop_database(f"bench_relay_{running.service}")


def _start(service: str, amqp_url: str, postgres: Postgres) -> Runtime:
    url = postgres.create_database(f"bench_relay_{service}")
    database.migrate(service, url)
    settings = ServiceSettings(
        database_url=url, amqp_url=amqp_url, identity_public_key="-", seal_keys=(Fernet.generate_key().decode(),)
    )
    return runtime.start(service, settings)


@contextmanager
def _process(module: str, running: Runtime) -> Iterator[None]:
    """A worker of the bench, started, and ended in order."""
    settings = running.settings
    environment = {
        **os.environ,
        f"{running.service.upper()}_DATABASE_URL": settings.database_url,
        "AMQP_URL": settings.amqp_url,
        "IDENTITY_PUBLIC_KEY": settings.identity_public_key,
        "SEAL_KEYS": ",".join(settings.seal_keys),
    }
    command = [sys.executable, "-m", *([] if module == "bench.relay_plain" else ["services.chassis.run"]), module]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "worker_started" in line:
                break
        yield
    finally:
        process.terminate()
        process.wait(15)


def _events(count: int) -> Iterator[SessionBooked]:
    now = datetime.now(UTC)
    for _ in range(count):
        ids = {name: new_id() for name in ("session_id", "series_id", "referral_id", "patient_id")}
        yield SessionBooked(version=1, number=1, of=8, status="booked", starts_at=now, ends_at=now, **ids)


def _commit(booking: Runtime, count: int) -> None:
    with booking.sessions.begin() as session:
        booking.outbox.record(session, *_events(count))


def _commit_row(booking: Runtime) -> None:
    """What a plain service commits before it dispatches."""
    with booking.sessions.begin() as session:
        session.execute(
            text("INSERT INTO audit (actor, role, act, object_type, object_id) VALUES ('-', '-', '-', '-', '-')")
        )


def _relay_rate(booking: Runtime) -> float:
    _commit(booking, EVENTS)
    began = time.perf_counter()
    while _one(booking, "SELECT EXISTS (SELECT FROM outbox)"):
        time.sleep(0.01)
    return EVENTS / (time.perf_counter() - began)


def _plain_rate(amqp_url: str) -> float:
    """kombu as its manual shows it: publish with a confirm, one after the other."""
    body = "x" * 700
    options = {"confirm_publish": True}
    with Connection(amqp_url, transport_options=options) as connection, connection.channel() as channel:
        producer = Producer(channel, exchange=topology.exchange("booking"), auto_declare=False)
        began = time.perf_counter()
        for _ in range(EVENTS_PLAIN):
            producer.publish(body, routing_key=SessionBooked.event_type(), delivery_mode=2, mandatory=True)
        return EVENTS_PLAIN / (time.perf_counter() - began)


def _purge(amqp_url: str) -> None:
    with Connection(amqp_url) as connection, connection.channel() as channel:
        channel.queue_purge(queue_name("notify", SessionBooked))


def _latency(notify: Runtime, commit: Callable[[], None], publish: Callable[[], None]) -> float:
    """Median milliseconds from the end of `commit` to the consumer's commit, with time to breathe between."""
    listener = psycopg2.connect(notify.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {CONSUMED}")
    samples = []
    for _ in range(SAMPLES):
        time.sleep(0.02)
        commit()
        began = time.perf_counter()
        publish()
        _wait_for_notification(listener)
        samples.append((time.perf_counter() - began) * 1000)
    listener.close()
    return statistics.median(samples)


def _wait_for_notification(listener: Any) -> None:
    while not listener.notifies:
        if not select.select([listener], [], [], 10)[0]:
            raise TimeoutError("no event was consumed within 10 s")
        listener.poll()
    listener.notifies.clear()


def _one(running: Runtime, query: str) -> Any:
    with running.engine.connect() as connection:
        return connection.execute(text(query)).scalar()
