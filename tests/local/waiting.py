"""Facts about processes, and waiting for them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from services.local import ROOT
from services.local.leftovers import MARK


def eventually(fact: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.05)


def left_in(folder: Path) -> list[str]:
    """Every living process that was started for this folder or works in it; keepers of ours too."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd(), process.environ().get(MARK, "")]
            name = process.name()
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(word.startswith(str(folder)) for word in words):
            found.append(f"{process.pid} {name}")
    return found


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@contextmanager
def supervising(
    program: str, *arguments: object, python: str = sys.executable, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs `program` and says `up` when it has got there."""
    running = subprocess.Popen(
        [python, "-c", program, *map(str, arguments)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, **options,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        assert running.stdout.readline() == "up\n"
        yield running
    finally:
        running.kill()
        running.wait()


def ordinary() -> dict[str, object]:
    """Options of `supervising` for a user without privileges, with a Python that such a user can start."""
    if os.geteuid() != 0:
        return {}
    env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))}
    options: dict[str, object] = {"user": "nobody", "group": "nogroup", "extra_groups": [], "env": env}
    for python in (sys.executable, "/usr/bin/python3"):
        tried = [python, "-c", "import psutil, psycopg2"]
        with suppress(OSError):
            if subprocess.run(tried, capture_output=True, cwd=ROOT, **options).returncode == 0:  # type: ignore[call-overload]
                return options | {"python": python}
    pytest.skip("no Python here that a user without privileges could start")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that any user can reach and write, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="fascia-test-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)
