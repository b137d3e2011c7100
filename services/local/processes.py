"""Our own processes, supervised: each is started again whenever it ends, until all are stopped.

honcho's `Process` and `Printer` do the work. Its `Manager` ends everything as soon as one process ends, which is the
opposite of our rule: a worker ends itself when its hub falls silent and counts on being started again.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from honcho.colour import get_colours
from honcho.printer import Message, Printer
from honcho.process import Process

from services.local import LocalError
from services.local.custody import Custody

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a process that ended is started again: doubled each time, up to the longest."""
SETTLED = 10.0
"""A process that lived this many seconds starts again with the first pause."""


@dataclass(frozen=True)
class ProcessSpec:
    """One line of the table of processes. `env` is the whole environment, not an addition to ours."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)


class Processes:
    """Runs in threads of its own. Each process's output goes to `<log_folder>/<name>.log`, and line by line to the
    terminal as well if asked for."""

    def __init__(self, specs: Sequence[ProcessSpec], log_folder: Path, *, echo: bool = False) -> None:
        self._log_folder = log_folder
        self._echo = echo
        self._custody = Custody(log_folder)
        self._lines: Lines = queue.Queue()
        self._children = {
            spec.name: _Child(spec, colour, self._custody, self._lines)
            for spec, colour in zip(specs, get_colours(), strict=False)
        }
        self._printing = threading.Thread(target=self._print, name="printing", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Raises `LocalError` if another supervisor uses the same log folder."""
        self._custody.take()
        for name in self._children:
            self.log(name).write_text("")
        self._printing.start()
        for child in self._children.values():
            child.start()

    def stop(self, seconds: float = 10) -> None:
        """SIGTERM to all at once; SIGKILL to what is left after so many seconds. Does nothing the second time."""
        for child in self._children.values():
            child.ask_to_stop()
        deadline = time.monotonic() + seconds
        for child in self._children.values():
            child.join(deadline)
        self._custody.release(grace=0)
        self._lines.put(None)
        if self._printing.ident is not None:
            self._printing.join(2)

    def pid(self, name: str) -> int:
        """The process itself, not a shell around it; the last one while it is between two lives."""
        return self._children[name].pid

    def restarts(self, name: str) -> int:
        """How often it was started again."""
        return self._children[name].restarts

    def refuse_if_failing(self, times: int = 3) -> None:
        """Raises `LocalError`, with its last words, if a process had to be started again so many times."""
        for name in self._children:
            if self.restarts(name) >= times:
                words = self.log(name).read_text(errors="replace")[-2000:]
                raise LocalError(f"{name} keeps ending. It said:\n{words}")

    def log(self, name: str) -> Path:
        return self._log_folder / f"{name}.log"

    def _print(self) -> None:
        with ExitStack() as files:
            printers = {
                name: Printer(files.enter_context(open(self.log(name), "a")), prefix=False) for name in self._children
            }
            terminal = Printer(sys.stdout, width=max(map(len, self._children), default=0))
            while message := self._lines.get():
                line = message._replace(type="line", data=_words(message))
                printers[message.name].write(line)
                if self._echo:
                    terminal.write(line)


Lines = queue.Queue[Message | None]


class _Child(Process):  # type: ignore[misc]
    """A honcho process that is run again whenever it ends."""

    def __init__(self, spec: ProcessSpec, colour: str, custody: Custody, lines: Lines) -> None:
        super().__init__(list(spec.argv), name=spec.name, colour=colour, env=dict(spec.env))
        self._child_ctor = self._spawn
        self._custody = custody
        self._lines = lines
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._changing = threading.Lock()
        self._thread = threading.Thread(target=self._live, name=spec.name, daemon=True)
        self.restarts = 0

    @property
    def pid(self) -> int:
        if not self._started.wait(10):
            raise LocalError(f"{self.name} could not be started; see its log")
        return int(self._child.pid)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        with self._changing:
            self._stopping.set()
            if self._child is not None:
                self._child.send_signal(signal.SIGTERM)

    def join(self, deadline: float) -> None:
        """Wait until it has ended; kill it, with its whole group, at the deadline (monotonic seconds)."""
        if self._thread.ident is None:
            return
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive() and self._child is not None:
            _kill_group(self._child.pid)
            self._thread.join(5)

    def _live(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self.run(self._lines)
            except OSError as error:
                self._send_message(f"could not be started: {error.strerror}\n")
            if time.monotonic() - began > SETTLED:
                pause = FIRST_PAUSE
            if self._stopping.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            self.restarts += 1

    def _spawn(self, argv: list[str], **options: Any) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._stopping.is_set():
                raise OSError(0, "it was about to be stopped")
            options |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            child = self._custody.spawn(argv, options.pop("env"), **options)
            self._child = child
        self._started.set()
        threading.Thread(target=_bury, args=(child,), daemon=True).start()
        return child


def _bury(child: subprocess.Popen[bytes]) -> None:
    """When it has ended, end what it leaves: a gunicorn worker without its master would hold port and output."""
    child.wait()
    _kill_group(child.pid)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _words(message: Message) -> str | bytes:
    """A line as it is; the other two kinds of message are news about the process."""
    if message.type == "start":
        return f"started, process {message.data['pid']}\n"
    if message.type == "stop":
        return f"ended with {message.data['returncode']}\n"
    lines: str | bytes = message.data
    return lines
