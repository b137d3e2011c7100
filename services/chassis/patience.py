"""Waiting for a broker or a database that is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import structlog
from sqlalchemy import text

from services.chassis.broker import connect
from services.chassis.runtime import Runtime

log = structlog.get_logger()

PATIENCE = (0.2, 0.5, 1, 2, 5)
"""Seconds between attempts."""


def patience(attempt: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return PATIENCE[min(attempt, len(PATIENCE) - 1)]


def wait_for_database(runtime: Runtime) -> None:
    """Return when the database answers and is migrated."""
    _wait_for("database", lambda: _select_now(runtime))


def wait_for_broker(amqp_url: str) -> None:
    """Return when the broker accepts a connection."""
    _wait_for("broker", lambda: connect(amqp_url).release())


def _select_now(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        connection.execute(text("SELECT fascia_now()"))


def _wait_for(what: str, answers: Callable[[], Any]) -> None:
    attempt = 0
    while True:
        try:
            answers()
            return
        except Exception as error:
            log.info("waiting", on=what, error=type(error).__name__)
            eventlet.sleep(patience(attempt))
            attempt += 1
