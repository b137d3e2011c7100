"""A dispatcher that dies of kill -9 at a chosen point of its first text.

`python -m tests.notify.crash before_call|after_call` with the settings as JSON on standard input.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict

from services.chassis import runtime
from services.notify.dispatch import dispatch_due
from services.notify.settings import Settings
from services.notify.transports import transports
from services.notify.transports.answer import Answer, Letter
from services.notify.transports.twilio import TwilioTransport


class Deadly(TwilioTransport):
    def send(self, letter: Letter) -> Answer:
        if sys.argv[1] == "after_call":
            super().send(letter)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def dispatcher_dies(settings: Settings, when: str) -> None:
    died = subprocess.run(
        [sys.executable, "-m", "tests.notify.crash", when],
        input=json.dumps(asdict(settings)), text=True, timeout=60, capture_output=True, check=False,
    )  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr


def main() -> None:
    values = json.loads(sys.stdin.read())
    settings = Settings(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    dispatch_due(runtime.start("notify", settings), {**transports(settings), "text": Deadly(settings)})


if __name__ == "__main__":
    main()
