"""Processes known by a mark in their environment, and how they are ended.

A mark is inherited by everything a process starts, daemons included, and another's process never carries it. So what
is ours can be told apart from what is not without any list of process numbers that may be stale.
"""

import os
import signal
import time
from contextlib import suppress

import psutil

MARK = "FASCIA_CUSTODY"
SHOWN_MARK = "fascia.custody"
"""The mark as a word of the command line, `fascia.custody=…`, for what runs as another user: that user's environments
are closed even to root where root may not trace, as in a container."""


def marked(mark: str) -> list[psutil.Process]:
    """Living processes whose mark begins like this: a whole mark is one run's, `folder:` any run's in that folder,
    `folder/` any run's in a folder below it."""
    ours = _ancestry()
    return [process for process in psutil.process_iter() if process.pid not in ours and _carries(process, mark)]


def end(mark: str, grace: float) -> None:
    """Ask every marked process to stop, parents first; after `grace` seconds kill what is left. Returns when none is.

    Raises `TimeoutError` if one outlives being killed by ten seconds.
    """
    killing_at = time.monotonic() + grace
    asked: set[int] = set()
    while living := marked(mark):
        now = time.monotonic()
        if now > killing_at + 10:
            raise TimeoutError(f"processes {[process.pid for process in living]} cannot be ended")
        for process in living if now >= killing_at else _eldest(living):
            with suppress(psutil.NoSuchProcess):
                if now >= killing_at:
                    process.kill()
                elif process.pid not in asked:
                    asked.add(process.pid)
                    process.send_signal(_polite(process))
        time.sleep(0.05)


def _ancestry() -> set[int]:
    """This process and those above it, as far as they live: a keeper's supervisor is just ending."""
    pids, process = {os.getpid()}, psutil.Process()
    with suppress(psutil.NoSuchProcess):
        while above := process.parent():
            pids.add(above.pid)
            process = above
    return pids


def _carries(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        try:
            return process.environ().get(MARK, "").startswith(mark)
        except (psutil.AccessDenied, PermissionError):
            return any(word.startswith(f"{SHOWN_MARK}={mark}") for word in process.cmdline())
    return False


def _eldest(living: list[psutil.Process]) -> list[psutil.Process]:
    """Those whose parent is not among them: a parent that is asked first stops its children in order."""
    pids = {process.pid for process in living}
    eldest = []
    for process in living:
        with suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:
                eldest.append(process)
    return eldest


def _polite(process: psutil.Process) -> signal.Signals:
    """PostgreSQL waits for its clients on SIGTERM; on SIGINT it sends them away."""
    return signal.SIGINT if process.name() == "postgres" else signal.SIGTERM
