"""Booking's API alone: a fresh database on a PostgreSQL server, and gunicorn as the stack runs it, on a free port."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.booking.settings import Settings
from services.chassis import database, identity, settings
from services.chassis.runtime import Runtime, start
from services.local import ports
from services.local.credentials import Credentials
from services.local.postgres import Postgres
from services.local.roster import HTTP, Setup, environment

RENEW_SECONDS = 30


@dataclass(frozen=True)
class Api:
    port: int
    private_key: str
    environ: Mapping[str, str]
    running: Runtime
    """The same database and settings, in this process."""


@contextmanager
def booking_api(postgres: Postgres, *, workers: int = 1, threads: int = 8) -> Iterator[Api]:
    """`postgres` is a running server; the database and the processes are gone afterwards."""
    with fresh_database(postgres) as url:
        credentials = Credentials(postgres.folder / "secrets")
        setup = Setup(postgres.folder, dict.fromkeys(HTTP, 1), "amqp://127.0.0.1:1//", postgres.url, credentials, {})
        ours = {"BOOKING_DATABASE_URL": url, "BOOKING_DATABASE_POOL": str(threads)}
        environ = {**os.environ, **environment(setup), **ours}
        database.migrate("booking", url)
        running = start("booking", settings.load(Settings, environ, "booking"))
        log = postgres.folder / "booking-api.log"
        with gunicorn("services.booking.api:app()", environ, log, workers=workers, threads=threads) as port:
            yield Api(port, credentials.text("identity_private_key"), environ, running)
        running.engine.dispose()


@contextmanager
def fresh_database(postgres: Postgres) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:8]}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@contextmanager
def gunicorn(application: str, environ: Mapping[str, str], log: Path, *, workers: int, threads: int) -> Iterator[int]:
    """Its port, once it answers."""
    [port] = ports.free(1)
    argv = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{ports.LOOPBACK}:{port}", "--workers", str(workers)),
        *("--worker-class", "gthread", "--threads", str(threads), "--graceful-timeout", "2"),
        *("--no-control-socket", "--log-level", "warning", application),
    ]
    with open(log, "ab") as output:
        process = subprocess.Popen(argv, env=environ, stdout=output, stderr=output)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ports.listens(port):
        if time.monotonic() > deadline:
            raise TimeoutError("nobody answers")
        time.sleep(0.05)


@dataclass
class Desk:
    """One client with one connection that stays open, as cheap as Python's own library has it."""

    port: int
    private_key: str
    _connection: http.client.HTTPConnection = field(init=False)
    _minted: float = field(init=False, default=-1e9)
    _token: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(ports.LOOPBACK, self.port, timeout=30)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, bytes]:
        """Status and content."""
        if time.monotonic() - self._minted > RENEW_SECONDS:
            self._token = identity.mint(self.private_key, "bench", ("desk",), audience="booking")
            self._minted = time.monotonic()
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        self._connection.request("POST", f"/api/booking{path}", json.dumps(body), sent)
        answer = self._connection.getresponse()
        return answer.status, answer.read()
