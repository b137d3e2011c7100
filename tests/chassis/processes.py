"""Workers as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from services.chassis.runtime import Runtime
from tests.chassis.facts import SEAL_KEY, wait_until

REPOSITORY = Path(__file__).parents[2]
SECRET = "canary"


class WorkerProcess:
    """`python -m services.chassis.run` by way of the test's runner; its output goes to a file."""

    def __init__(self, running: Runtime, log: Path, fault: str = "") -> None:
        service = running.service
        self._log = log
        environment = {
            **os.environ,
            f"{service.upper()}_DATABASE_URL": running.settings.database_url,
            "AMQP_URL": running.settings.amqp_url,
            "IDENTITY_PUBLIC_KEY": "-",
            "SEAL_KEYS": SEAL_KEY,
        }
        command = [sys.executable, "-m", "tests.chassis.runner", f"tests.chassis.worker_{service}"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, *([fault] if fault else [])],
                env=environment, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, word: str, seconds: float = 20) -> None:
        wait_until(lambda: word in self.log() or self._process.poll() is not None, seconds, word)
        assert word in self.log(), self.log()

    def exit_code(self, seconds: float = 20) -> int:
        return self._process.wait(seconds)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def terminate(self, seconds: float = 15) -> int:
        """Ask it to end; returns its exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        return self.exit_code(seconds)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
