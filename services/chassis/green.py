"""psycopg2 under eventlet, with an end to every wait.

eventlet's own wait callback has none, and libpq's `connect_timeout` does not hold for a green
connection: a database that accepts and then says nothing would keep its greenthread for ever.
"""

from __future__ import annotations

from typing import Any

import psycopg2
from eventlet.hubs import trampoline
from psycopg2 import extensions

CONNECT_SILENCE = 3.0
SILENCE = 40.0
"""Seconds; longer than the statement timeout, which the database itself keeps."""


def install() -> None:
    extensions.set_wait_callback(wait)


def wait(connection: Any, timeout: float = -1) -> None:
    """Yield to the hub until the connection is ready. Raises `OperationalError`, which closes it."""
    silence = CONNECT_SILENCE if connection.status == extensions.STATUS_SETUP else SILENCE
    while (state := connection.poll()) != extensions.POLL_OK:
        trampoline(
            connection.fileno(),
            read=state == extensions.POLL_READ,
            write=state == extensions.POLL_WRITE,
            timeout=silence,
            timeout_exc=psycopg2.OperationalError("the database is silent"),
        )
