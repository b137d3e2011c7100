"""The relay as a part of a worker."""

from __future__ import annotations

import time
from typing import Any

import eventlet
import structlog
from eventlet.hubs import trampoline
from nameko.extensions import DependencyProvider

from services.chassis.patience import patience
from services.chassis.relay import Relay
from services.chassis.runtime import Runtime

log = structlog.get_logger()

CALM = 10.0
"""Seconds without a failure after which the next one is taken for the first."""


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
            began = time.monotonic()
            try:
                self._listen(runtime, relay)
            except Exception as error:
                log.warning("relay_paused", error=type(error).__name__)
                relay.close()
                attempt = 0 if time.monotonic() - began > CALM else attempt
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
