"""nameko entrypoints and extensions of the house: react to events, act on timers, relay the outbox."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import eventlet
import psycopg2
import structlog
from eventlet.hubs import trampoline
from eventlet.semaphore import Semaphore
from kombu import Connection, Consumer, Queue
from nameko.extensions import DependencyProvider, Entrypoint, SharedExtension, register_entrypoint
from nameko.timer import Timer
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.relay import Relay
from services.chassis.runtime import Runtime
from services.contracts.event import Event
from services.contracts.subscriptions import SUBSCRIPTIONS, queue_name

log = structlog.get_logger()

HEARTBEAT = 20
PATIENCE = (0.2, 0.5, 1, 2, 5)
"""Seconds between attempts to reach a broker or a database that is away."""


def patience(attempt: int) -> float:
    return PATIENCE[min(attempt, len(PATIENCE) - 1)]


class RuntimeProvider(DependencyProvider):  # type: ignore[misc]
    """The service's runtime, as `self.runtime`."""

    def setup(self) -> None:
        self.runtime: Runtime = self.container.config["runtime"]

    def get_dependency(self, worker_ctx: Any) -> Runtime:
        return self.runtime


class EventConsumer(SharedExtension):  # type: ignore[misc]
    """One connection that consumes every queue of the service.

    Messages are acknowledged when their outcome is committed. When the broker goes away the loop
    reconnects, and what was not acknowledged comes again.
    """

    def __init__(self) -> None:
        self._reactions: list[Reaction] = []
        self._writing = Semaphore()
        self._stopping = False
        self.connected = False

    def register(self, reaction: Reaction) -> None:
        self._reactions.append(reaction)

    def start(self) -> None:
        if getattr(self, "_thread", None) is None:
            self._thread = self.container.spawn_managed_thread(self._run)

    def stop(self) -> None:
        self._stopping = True
        self._thread.wait()

    def kill(self) -> None:
        self._thread.kill()

    def _run(self) -> None:
        attempt = 0
        while not self._stopping:
            try:
                self._consume()
                attempt = 0
            except Exception as error:
                if self.connected:
                    attempt = 0
                log.warning("broker_away", error=type(error).__name__)
                eventlet.sleep(patience(attempt))
                attempt += 1
            finally:
                self.connected = False

    def _consume(self) -> None:
        settings = self.container.config["runtime"].settings
        connection = Connection(settings.amqp_url, connect_timeout=5, heartbeat=HEARTBEAT)
        try:
            channel = connection.channel()
            channel.basic_qos(0, settings.prefetch, False)
            for reaction in self._reactions:
                queue = Queue(reaction.queue_name, no_declare=True)
                Consumer(channel, [queue], on_message=reaction.arrived, auto_declare=False).consume()
            self.connected = True
            self._drain(connection)
        finally:
            connection.collect(socket_timeout=1)

    def _drain(self, connection: Connection) -> None:
        checked = time.monotonic()
        while not self._stopping:
            try:
                connection.drain_events(timeout=1)
            except TimeoutError:
                pass
            if time.monotonic() - checked > 1:
                with self._writing:
                    connection.heartbeat_check(rate=2)
                checked = time.monotonic()

    def ack(self, message: Any) -> None:
        try:
            with self._writing:
                message.ack()
        except Exception as error:
            log.info("ack_lost", error=type(error).__name__)


class Reaction(Entrypoint):  # type: ignore[misc]
    """Calls a method for each event of one type."""

    consumer = EventConsumer()

    def __init__(self, event: type[Event], **kwargs: Any) -> None:
        self.event = event
        super().__init__(**kwargs)

    def setup(self) -> None:
        service = self.container.service_name
        if self.event not in SUBSCRIPTIONS[service]:
            raise LookupError(f"{service} is not subscribed to {self.event.event_type()}")
        self.queue_name = queue_name(service, self.event)
        self.consumer.register(self)

    def arrived(self, message: Any) -> None:
        done = functools.partial(self._done, message)
        body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        self.container.spawn_worker(self, (body,), {}, handle_result=done)

    def _done(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        if exc_info is None:
            self.consumer.ack(message)
        return result, exc_info


def reacts_to(event: type[Event]) -> Callable[[Callable[[Any, Session, Any], None]], Callable[[Any, bytes], None]]:
    """Declare a handler `(self, session, event)`: it runs in the inbox's transaction, at most once
    with effect. While the database is away the event waits here, unacknowledged."""

    def decorate(handle: Callable[[Any, Session, Any], None]) -> Callable[[Any, bytes], None]:
        @functools.wraps(handle)
        def in_inbox(self: Any, body: bytes) -> None:
            attempt = 0
            while True:
                try:
                    return self.runtime.inbox.take(body, functools.partial(handle, self))  # type: ignore[no-any-return]
                except Exception as error:
                    log.warning("database_away", error=type(error).__name__)
                    eventlet.sleep(patience(attempt))
                    attempt += 1

        in_inbox.reaction = (event.event_type(), handle)  # type: ignore[attr-defined]
        register_entrypoint(in_inbox, Reaction(event))
        return in_inbox

    return decorate


class Every(Timer):  # type: ignore[misc]
    """A timer that outlives the database: an error is logged and the next tick tries again."""

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        self.worker_complete.send()
        return result, None


def every(seconds: float) -> Callable[[Callable[[Any], Any]], Callable[[Any], None]]:
    """Call a method every so many seconds, and not again before it returned. Each replica calls it:
    what it works on must be claimed."""

    def decorate(act: Callable[[Any], Any]) -> Callable[[Any], None]:
        @functools.wraps(act)
        def guarded(self: Any) -> None:
            try:
                act(self)
            except Exception as error:
                log.error("timer_failed", act=act.__name__, exc_info=error)

        register_entrypoint(guarded, Every(interval=seconds))
        return guarded

    return decorate


class OutboxRelay(DependencyProvider):  # type: ignore[misc]
    """Publishes the outbox: at once when the database notifies, and with a sweep each second."""

    _stopping = False

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run)

    def stop(self) -> None:
        self._stopping = True
        self._thread.wait()

    def kill(self) -> None:
        self._thread.kill()

    def _run(self) -> None:
        runtime: Runtime = self.container.config["runtime"]
        relay = Relay(runtime.engine, runtime.settings.amqp_url)
        attempt = 0
        while not self._stopping:
            try:
                self._listen(runtime, relay)
                attempt = 0
            except Exception as error:
                log.warning("relay_paused", error=type(error).__name__)
                relay.close()
                eventlet.sleep(patience(attempt))
                attempt += 1
        relay.close()

    def _listen(self, runtime: Runtime, relay: Relay) -> None:
        listener = runtime.engine.raw_connection()
        try:
            raw: Any = listener.driver_connection
            raw.autocommit = True
            raw.cursor().execute("LISTEN outbox")
            while not self._stopping:
                relay.drain()
                self._sleep_until_woken(raw)
        finally:
            listener.invalidate()

    def _sleep_until_woken(self, raw: Any) -> None:
        if not raw.notifies:
            try:
                trampoline(raw.fileno(), read=True, timeout=1, timeout_exc=TimeoutError)
            except TimeoutError:
                return
            raw.poll()
        raw.notifies.clear()


def wait_for_database(runtime: Runtime) -> None:
    """Return when the database answers and is migrated."""
    _wait_for("database", lambda: _select_now(runtime))


def wait_for_broker(amqp_url: str) -> None:
    """Return when the broker accepts a connection."""
    _wait_for("broker", lambda: Connection(amqp_url, connect_timeout=3).ensure_connection(max_retries=1).release())


def _select_now(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        connection.execute(text("SELECT fascia_now()"))


def _wait_for(what: str, answers: Callable[[], Any]) -> None:
    attempt = 0
    while True:
        try:
            answers()
            return
        except (Exception, psycopg2.Error) as error:
            log.info("waiting", on=what, error=type(error).__name__)
            eventlet.sleep(patience(attempt))
            attempt += 1
