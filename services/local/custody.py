"""Custody of one folder and of every process started for it: one supervisor at a time, and nothing outlives it."""

import fcntl
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from services.local import ROOT, LocalError
from services.local.leftovers import MARK, SHOWN_MARK, end


class Custody:
    """Holds the folder's lock; what it starts carries its mark and can be found and ended by it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock: IO[str] | None = None
        self._mark = f"{self.folder}:{os.getpid()}-{secrets.token_hex(4)}"

    def take(self) -> None:
        """Raises `LocalError` if another process has it. Ends what a former holder left running."""
        self._lock = _locked(self.folder)
        end(f"{self.folder}:", grace=5)
        _keeper.watch(self._mark)

    def release(self, *, grace: float = 5) -> None:
        """End whatever still runs (after `grace` seconds by force) and let go of the folder."""
        if self._lock is None:
            return
        try:
            end(self._mark, grace)
        finally:
            self._lock.close()
            self._lock = None

    def spawn(self, argv: Sequence[str], env: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
        """Start a process in a session of its own, away from the terminal's Ctrl-C. Options are `Popen`'s."""
        options = {"stdin": subprocess.DEVNULL, "start_new_session": True, **options}
        return subprocess.Popen(argv, env=self.mark(env), **options)

    def mark(self, env: Mapping[str, str]) -> dict[str, str]:
        return {**env, MARK: self._mark}

    def shown_mark(self) -> str:
        """A word for the command line of what runs as another user."""
        return f"{SHOWN_MARK}={self._mark}"


class _Keeper:
    """One keeper process for this supervisor, started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()

    def watch(self, mark: str) -> None:
        with self._starting:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "services.local.keeper"],
                    stdin=subprocess.PIPE,
                    text=True,
                    cwd=ROOT,
                    start_new_session=True,
                )
            print(mark, file=self._process.stdin, flush=True)

    def forget(self) -> None:
        """In a forked child: an open pipe there would hide the supervisor's end from the keeper."""
        if self._process and self._process.stdin:
            self._process.stdin.close()
        self._process = None


_keeper = _Keeper()
os.register_at_fork(after_in_child=_keeper.forget)


def _locked(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "a+")  # noqa: SIM115 (held, and locked, until it is released)
    except PermissionError:
        raise LocalError(f"{folder} belongs to another user; choose another folder or remove it") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise LocalError(f"{folder} is in use by process {holder}: stop it first, or choose another folder") from None
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)
    return lock
