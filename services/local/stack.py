"""The whole stack on this machine: broker, database, queues, every process, one port for the pages.

Use it as a context: `with Stack(Path("var"), say=print) as stack: requests.get(stack.url)`.
"""

import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from services.local import ROOT, LocalError, Say, ports, quiet, roster
from services.local.broker import Broker
from services.local.credentials import Credentials
from services.local.custody import Custody
from services.local.leftovers import end
from services.local.postgres import Postgres
from services.local.processes import Processes, ProcessSpec
from services.local.roster import Setup

ENVIRONMENT = "environment.json"
TO_BE_READY = 60.0
"""Seconds that our processes have to answer."""


class Stack:
    """`broker`, `postgres` and `processes` are there for whoever wants to disturb them; `environment` is what every
    process of ours is told. `extra` adds to it or overrides it; `table` says which processes to run."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 8080,
        echo: bool = False,
        extra: Mapping[str, str] | None = None,
        say: Say = quiet,
        table: Callable[[Setup], Sequence[ProcessSpec]] = roster.processes,
        migrate: Callable[[Setup], ProcessSpec | None] = roster.migrate,
        ready: Callable[[Setup], Mapping[str, str]] = roster.ready_urls,
    ) -> None:
        self.folder = folder.absolute()
        self._port, self._echo, self._extra, self._say = port, echo, dict(extra or {}), say
        self._table, self._migrate, self._ready = table, migrate, ready
        self._custody = Custody(self.folder)
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._signals = _Signals()
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    @property
    def url(self) -> str:
        """Of the pages, and of `/api/<service>/…`."""
        return self.setup.page_url

    @property
    def environment(self) -> dict[str, str]:
        return roster.environment(self.setup)

    def wait_until_ready(self, seconds: float = TO_BE_READY) -> None:
        """Until every process that speaks HTTP says it can be used. Raises `LocalError`, naming those that do not."""
        waiting = dict(self._ready(self.setup))
        deadline = time.monotonic() + seconds
        while waiting := {name: url for name, url in waiting.items() if not _answers(url)}:
            self.processes.refuse_if_failing()
            if time.monotonic() > deadline:
                raise LocalError(f"not ready after {seconds:.0f} s: {', '.join(waiting)}; see {self.folder / 'log'}")
            time.sleep(0.1)

    def _start(self) -> None:
        enter = self._parts.enter_context
        self._custody.take()
        self._parts.callback(self._custody.release, grace=1)
        end(f"{self.folder}/", grace=5)
        self._signals.on_second = self._custody.folder
        credentials = Credentials(self.folder / "secrets")
        self.broker = Broker(self.folder / "broker", say=self._say)
        self.postgres = Postgres(self.folder / "postgres")
        with self._step("PostgreSQL"):
            self._parts.callback(self.broker.stop)
            # the broker takes longest, and needs nobody: it starts while the rest is made ready
            self.broker.launch()
            enter(self.postgres)
        with self._step("RabbitMQ"):
            self.broker.wait_until_ready()
        self.setup = Setup(self.folder, self._ports(), self.broker.url, self.postgres.url, credentials, self._extra)
        with self._step("databases and queues"):
            self._run_once(self._migrate(self.setup))
            self.broker.settle()
        self.processes = Processes(self._table(self.setup), self.folder / "log", echo=self._echo)
        with self._step("services"):
            enter(self.processes)
            self.wait_until_ready()
        self._publish()
        self._say(f"everything is up at {self.url} after {time.monotonic() - self._began:.1f} s")

    def _stop(self) -> None:
        """In the reverse order of the start. A further Ctrl-C ends everything at once."""
        began = time.monotonic()
        self._signals.hurry()
        try:
            self._parts.close()
        finally:
            self._signals.restore()
        self._say(f"stopped in {time.monotonic() - began:.1f} s")

    def _ports(self) -> dict[str, int]:
        others = [name for name in roster.HTTP if name != "web"]
        found = dict(zip(others, ports.free(len(others)), strict=True))
        if not ports.is_free(self._port):
            [instead] = ports.free(1)
            self._say(f"port {self._port} is taken; the pages are at port {instead}")
            self._port = instead
        return {"web": self._port, **found}

    def _run_once(self, spec: ProcessSpec | None) -> None:
        if spec is None:
            return
        log = self.folder / "log" / f"{spec.name}.log"
        log.parent.mkdir(exist_ok=True)
        with open(log, "wb") as output:
            running = self._custody.spawn(spec.argv, spec.env, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
            if running.wait():
                raise LocalError(f"{spec.name} failed:\n{log.read_text(errors='replace')[-2000:]}")

    def _publish(self) -> None:
        """For a command in another terminal; removed when the stack stops."""
        path = self.folder / ENVIRONMENT
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"url": self.url, "environment": self.environment}, file, indent=1)
        self._parts.callback(path.unlink, missing_ok=True)

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._say(f"{what}: ready in {time.monotonic() - began:.1f} s")


class _Signals:
    """SIGTERM unwinds like Ctrl-C does. Only the main thread can listen; elsewhere this does nothing."""

    def __init__(self) -> None:
        self.on_second: Path | None = None
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
            signal.signal(signal.SIGTERM, _leave)
            # a shell that starts something in the background tells it to ignore Ctrl-C
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def hurry(self) -> None:
        for name in self._before:
            signal.signal(name, self._end_at_once)

    def restore(self) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)

    def _end_at_once(self, number: int, frame: FrameType | None) -> None:
        if self.on_second:
            end(f"{self.on_second}/", grace=0)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 (always http, always this machine)
            return bool(answer.status == 200)
    except OSError:
        return False


def published(folder: Path) -> dict[str, Any] | None:
    """`url` and `environment` of the stack that runs in `folder`, for its own user; None when none does."""
    try:
        found: dict[str, Any] = json.loads((folder / ENVIRONMENT).read_text())
    except FileNotFoundError:
        return None
    return found
