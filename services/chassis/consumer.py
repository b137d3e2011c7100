"""The one connection of a worker that its events arrive on."""

from __future__ import annotations

import time
from typing import Any

import eventlet
import structlog
from eventlet.semaphore import Semaphore
from kombu import Connection, Consumer, Queue
from nameko.extensions import SharedExtension

from services.chassis.broker import connect
from services.chassis.patience import patience

log = structlog.get_logger()

HEARTBEAT = 20


class EventConsumer(SharedExtension):  # type: ignore[misc]
    """One connection that consumes every queue of the service.

    Messages are acknowledged when their outcome is committed. When the broker goes away the loop
    reconnects, and what was not acknowledged comes again. On the way to its end a process takes no
    more messages, but can still acknowledge those it has.
    """

    def __init__(self) -> None:
        self._reactions: list[Any] = []
        self._writing = Semaphore()
        self._stopping = False
        self.taking = True
        self.connected = False

    def register(self, reaction: Any) -> None:
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
        connection = connect(settings.amqp_url, heartbeat=HEARTBEAT)
        try:
            channel = connection.channel()
            channel.basic_qos(0, settings.prefetch, False)
            for reaction in self._reactions:
                queue = Queue(reaction.queue_name, no_declare=True)
                Consumer(
                    channel,
                    [queue],
                    on_message=reaction.arrived,
                    on_decode_error=lambda message, _, arrived=reaction.arrived: arrived(message),
                    auto_declare=False,
                ).consume()
            self.connected = True
            self._drain(connection)
        finally:
            connection.collect(socket_timeout=1)

    def _drain(self, connection: Connection) -> None:
        checked = time.monotonic()
        while not self._stopping:
            try:
                if self.taking:
                    connection.drain_events(timeout=1)
                else:
                    eventlet.sleep(0.05)
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
