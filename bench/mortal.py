"""Workers that can be killed at any moment, and are started again at once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from services.local import ROOT
from services.local.custody import Custody
from services.local.processes import ProcessSpec

LIVES = (0.2, 2.0)
"""Seconds for which a worker is let live once it and those before it have started: at least, at most."""
KILL_SECONDS = 1.5
"""What a kill takes, about, with the start of the next life."""
STARTED, TO_START = b"worker_started", 60
SEED = 4


class Worker:
    """One process with its children; what it says goes to `<folder>/<name>.log`."""

    def __init__(self, spec: ProcessSpec, custody: Custody) -> None:
        self._spec, self._custody = spec, custody
        self._log = (custody.folder / f"{spec.name}.log").open("w+b")
        self.start()

    def start(self) -> None:
        self.began = time.monotonic()
        self._said = os.fstat(self._log.fileno()).st_size
        self._process = self._custody.spawn(
            self._spec.argv, self._spec.env, stdout=self._log, stderr=subprocess.STDOUT, cwd=ROOT
        )

    def wait_until_started(self) -> None:
        """Raises `TimeoutError` if it has not said so in time."""
        until = time.monotonic() + TO_START
        while STARTED not in os.pread(self._log.fileno(), 1_000_000, self._said):
            if time.monotonic() > until:
                raise TimeoutError(f"{self._spec.name} does not start; see {self._log.name}")
            time.sleep(0.05)

    def cpu_seconds(self) -> float:
        """Its own and its living children's."""
        process = psutil.Process(self._process.pid)
        return sum(sum(one.cpu_times()[:2]) for one in (process, *process.children(recursive=True)))

    def kill(self) -> None:
        """The children too, as when a container is killed."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def ask_to_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()
        self._log.close()


@contextmanager
def workers(specs: Sequence[ProcessSpec], folder: Path) -> Iterator[list[Worker]]:
    custody = Custody(folder)
    custody.take()
    running = [Worker(spec, custody) for spec in specs]
    try:
        yield running
    finally:
        for worker in running:
            worker.ask_to_stop()
        for worker in running:
            worker.stop(seconds=5)
        custody.release()


def kill_at_random(running: Sequence[Worker], kills: int) -> None:
    """Always the one that has lived longest, and none before it has started: it would have nothing to lose."""
    chance = random.Random(SEED)
    for _ in range(kills):
        oldest = min(running, key=lambda worker: worker.began)
        oldest.wait_until_started()
        time.sleep(chance.uniform(*LIVES))
        oldest.kill()
        oldest.start()
