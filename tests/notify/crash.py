"""A dispatcher that dies of kill -9, or is frozen, at a chosen point of its first text.

`python -m tests.notify.crash POINT TIMES SIGNAL` with the settings as JSON on standard input: so many dispatchers
one after the other, each a process of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from unittest.mock import patch

from services.chassis import runtime
from services.notify.sending import claim, dispatch, settle
from services.notify.sending.dispatch import dispatch_due
from services.notify.settings import Settings
from services.notify.transports import transports
from services.notify.transports.twilio import TwilioTransport
from tests.notify.world import World

POINTS: dict[str, tuple[Any, str, bool]] = {
    "before_intent": (claim, "_write_intents", False),
    "after_intent": (dispatch.Sending, "_send_on", False),
    "before_call": (TwilioTransport, "send", False),
    "after_call": (TwilioTransport, "send", True),
    "before_result": (settle, "sent", False),
    "in_result": (settle, "sent", True),
    "after_result": (dispatch, "_record_sent", True),
}
"""What is struck, and whether after it has been done."""


UNHURRIED = {"lease": 300.0}
"""However busy the machine is, the dispatcher gets to its point before its lease is nearly over."""


def leases_end(world: World) -> None:
    """As if so much time had passed since their owners died."""
    world.query("UPDATE messages SET leased_until = clock_timestamp() - interval '1 s' WHERE state = 'sending'")


def dispatcher_dies(settings: Settings, point: str, times: int = 1) -> None:
    died = subprocess.run(
        [sys.executable, "-m", "tests.notify.crash", point, str(times), "KILL"],
        input=_as_json(settings), text=True, timeout=600, capture_output=True, check=False,
    )  # fmt: skip
    assert died.stdout.count("killed") == times, died.stderr


def dispatcher_freezes(settings: Settings, point: str) -> subprocess.Popen[str]:
    """The process, which stands still; it goes on after SIGCONT."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.notify.crash", point, "0", "STOP"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(_as_json(settings))
    process.stdin.close()
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    return process


def _as_json(settings: Settings) -> str:
    return json.dumps(asdict(settings), default=list)


def _struck(done: Callable[..., Any], after: bool, number: signal.Signals) -> Callable[..., Any]:
    def strike(*args: Any, **kwargs: Any) -> Any:
        result = done(*args, **kwargs) if after else None
        os.kill(os.getpid(), number)
        return result if after else done(*args, **kwargs)

    return strike


def _dispatch(settings: Settings, point: str, number: signal.Signals) -> None:
    holder, name, after = POINTS[point]
    with patch.object(holder, name, _struck(getattr(holder, name), after, number)):
        dispatch_due(runtime.start("notify", settings), transports(settings), limit=1)


def _dies(settings: Settings, point: str) -> None:
    if (child := os.fork()) == 0:
        _dispatch(settings, point, signal.SIGKILL)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL:
        print("killed", flush=True)


def main(point: str, times: str, number: str) -> None:
    values = json.loads(sys.stdin.read())
    settings = Settings(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    if number == "STOP":
        return _dispatch(settings, point, signal.SIGSTOP)
    for _ in range(int(times)):
        _dies(settings, point)
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
