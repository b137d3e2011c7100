"""Run one nameko service in one process: `python -m services.chassis.run services.booking.worker`.

The module names its class `worker` and its settings `settings_class`. The process waits for its
broker and its database, and ends itself when its container dies or its hub falls silent; whatever
supervises it starts it again.
"""

from __future__ import annotations

import os

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning, module="eventlet")
warnings.filterwarnings("ignore", message=r"\s*Eventlet")
import eventlet

eventlet.monkey_patch()

import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from eventlet import patcher
from nameko.containers import ServiceContainer

from services.chassis import green, logs, patience, runtime
from services.chassis.settings import SettingsError, load
from services.contracts.subscriptions import SUBSCRIPTIONS

log = structlog.get_logger()

SILENCE = 30
"""Seconds without a beat of the hub after which the process ends itself."""

GRACE = 8
"""Seconds for the handlers in flight to finish, within the ten that Docker gives. The rest comes again elsewhere."""

TIMERS = 8
"""Room for timers beside every message that the broker may have handed out."""

EXIT_DIED, EXIT_SILENT, EXIT_SETTINGS = 70, 71, 78


class Watchdog:
    """A real thread that ends the process when the green hub stops beating.

    The beat also touches a file, so that a container's health check can see it. Silence is counted in
    the thread's own ticks: a process that was suspended and woken is not silent.
    """

    def __init__(self, beat_file: Path | None) -> None:
        self._beats = 0
        self._beat_file = beat_file

    def start(self) -> None:
        eventlet.spawn(self._beat)
        patcher.original("threading").Thread(target=self._watch, daemon=True).start()

    def _beat(self) -> None:
        while True:
            self._beats += 1
            if self._beat_file:
                self._beat_file.touch()
            eventlet.sleep(1)

    def _watch(self) -> None:
        sleep = patcher.original("time").sleep
        silent = 0
        while silent < SILENCE:
            heard = self._beats
            sleep(1)
            silent = silent + 1 if self._beats == heard else 0
        os.write(2, b'{"event": "hub_silent"}\n')
        os._exit(EXIT_SILENT)


def main(module_name: str) -> None:
    module = importlib.import_module(module_name)
    service = module.worker.name
    logs.configure(f"{service}-worker")
    try:
        settings = load(module.settings_class, os.environ, service)
    except SettingsError as error:
        print(f"{service}: {error}", file=sys.stderr)
        sys.exit(EXIT_SETTINGS)
    green.install()
    beat_file = os.environ.get("WORKER_BEAT_FILE")
    Watchdog(Path(beat_file) if beat_file else None).start()
    serve(module.worker, runtime.start(service, settings))


def serve(worker: Any, running: runtime.Runtime) -> None:
    """Run until SIGTERM (exit 0) or until the container dies (exit 70)."""
    _on_signal(lambda: os._exit(0))
    patience.wait_for_database(running)
    patience.wait_for_broker(running.settings.amqp_url)
    in_flight = running.settings.prefetch * len(SUBSCRIPTIONS[worker.name])
    container = ServiceContainer(worker, {"runtime": running, "max_workers": in_flight + TIMERS})
    _on_signal(lambda: eventlet.spawn_n(_stop, container))
    container.start()
    log.info("worker_started")
    try:
        container.wait()
    except BaseException as error:
        log.error("container_died", exc_info=error)
        os._exit(EXIT_DIED)
    running.engine.dispose()
    log.info("worker_stopped")


def _on_signal(act: Callable[[], Any]) -> None:
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: act())


def _stop(container: ServiceContainer) -> None:
    """What is being handled is finished; a second signal, or too long a wait, ends it."""
    _on_signal(lambda: os._exit(0))
    with eventlet.Timeout(GRACE, False):
        container.stop()
        return
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
