"""Reminders that fall due at one instant, sent by real workers through Twilio's own client to the stand-in, which takes
50 ms for each. Callbacks are off and no rate is set: what is measured is the sender's own speed. Beside Fascia, the
same reminders by Celery, in two ways: see `plain_celery`.

Then fewer, which fall due over a while in which workers are killed at random: what was lost, and what was sent twice,
by the stand-in's own log.

And how fast rows are claimed out of a million that are planned, and others planned beside them.

    python -m bench.sending [TEXTS OF FASCIA'S [TEXTS OF EACH OTHER'S [KILLS [SENDER or claiming …]]]]
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests

from bench import claiming, due_texts, mortal
from bench.due_texts import Arrived
from bench.mortal import Worker
from bench.senders import WORKERS, Fascia, PlainCelery, Sender
from services.chassis.settings import load
from services.local import ROOT, roster
from services.local.custody import Custody
from services.local.stack import Stack
from services.notify.settings import Settings

TEXTS, TEXTS_PLAIN = 20_000, 3_000
KILLS, TEXTS_EACH_KILL = 20, 250
LATENCY_MS = 50
AHEAD = timedelta(seconds=2)
PATIENCE = 120
"""Seconds after which what has not arrived is counted as lost."""

Say = Callable[[str], None]


def measure(
    say: Say, texts: int = TEXTS, texts_plain: int = TEXTS_PLAIN, kills: int = KILLS, only: tuple[str, ...] = ()
) -> Iterator[dict[str, float]]:
    with sending_stack(ROOT / "var" / "bench-sending") as stack:
        senders: list[Sender] = [Fascia(stack), PlainCelery(stack, polls=False), PlainCelery(stack, polls=True)]
        for sender in senders:
            if only and sender.name not in only:
                continue
            count = texts if sender.name == "fascia" else texts_plain
            say(f"{sender.name}: {count:,} texts due at one instant, {WORKERS} workers, {LATENCY_MS} ms for each")
            yield _speed(sender.name, *rush(stack, sender, count))
            say(f"{sender.name}: {kills} workers are killed while {kills * TEXTS_EACH_KILL:,} texts fall due")
            yield _losses(sender.name, f"_after_{kills}_kills", survived(stack, sender, kills))
            sender.close()
        if not only or "claiming" in only:
            say(f"claiming while {claiming.PLANNED:,} texts are planned")
            yield claiming.measure(stack.postgres, load(Settings, stack.environment, "notify"))


def rush(stack: Stack, sender: Sender, texts: int) -> tuple[Arrived, float]:
    """All fall due at once. Also milliseconds of a core for each, of all the sender's processes, from that instant."""
    dial(stack)
    with running(stack, sender, patient=True) as (workers, others):
        due_at = _planned(sender, texts, timedelta())
        before = sum(one.cpu_seconds() for one in (*workers, *others))
        wait_until_sent(sender, due_at)
        spent = sum(one.cpu_seconds() for one in (*workers, *others)) - before
    return due_texts.arrived(stack.setup.at("sandbox"), texts, due_at), 1000 * spent / texts


def survived(stack: Stack, sender: Sender, kills: int) -> Arrived:
    """They fall due one after the other, while workers are killed."""
    dial(stack)
    texts = kills * TEXTS_EACH_KILL
    with running(stack, sender, patient=False) as (workers, _):
        due_at = _planned(sender, texts, timedelta(seconds=kills * mortal.KILL_SECONDS))
        mortal.kill_at_random(workers, kills)
        wait_until_sent(sender, datetime.now(UTC))
    return due_texts.arrived(stack.setup.at("sandbox"), texts, due_at)


@contextmanager
def running(stack: Stack, sender: Sender, patient: bool) -> Iterator[tuple[list[Worker], list[Worker]]]:
    with mortal.workers(sender.others(), stack.folder / "others") as others:
        with mortal.workers(sender.workers(patient), stack.folder / "workers") as workers:
            for worker in workers:
                worker.wait_until_started()
            yield workers, others


@contextmanager
def sending_stack(folder: Path) -> Iterator[Stack]:
    """Broker, database and the stand-in, in a folder that is emptied first."""
    custody = Custody(folder)
    custody.take()
    custody.release()
    shutil.rmtree(folder)

    with Stack(
        folder,
        table=lambda setup: [spec for spec in roster.processes(setup) if spec.name == "sandbox"],
        ready=lambda setup: {"sandbox": setup.at("sandbox") + "/healthz"},
    ) as stack:
        yield stack


def dial(stack: Stack) -> None:
    """The stand-in, emptied: its latency; nothing is told back, and no text moves on by itself."""
    sandbox = stack.setup.at("sandbox")
    requests.post(f"{sandbox}/sandbox/reset", timeout=10).raise_for_status()
    knobs = {"twilio": {"latency_ms": LATENCY_MS, "callbacks": "off", "step_ms": 3_600_000}}
    requests.put(f"{sandbox}/sandbox/knobs", json=knobs, timeout=10).raise_for_status()


def wait_until_sent(sender: Sender, since: datetime) -> None:
    while sender.unsent() and datetime.now(UTC) < since + timedelta(seconds=PATIENCE):
        time.sleep(0.5)


def _planned(sender: Sender, texts: int, over: timedelta) -> datetime:
    """Returns when they, or the first of them, fall due, which is when this returns."""
    due_at = datetime.now(UTC) + timedelta(seconds=texts / sender.planned_per_s) + AHEAD
    sender.plan(texts, due_at, over)
    left = (due_at - datetime.now(UTC)).total_seconds()
    if left < 0 and not over:
        raise TimeoutError(f"{sender.name} could not plan {texts:,} reminders before they fell due")
    time.sleep(max(left, 0.0))
    return due_at


def _speed(name: str, arrived: Arrived, milliseconds: float) -> dict[str, float]:
    return {
        f"sending_{name}_handed_over_per_s": arrived.per_second,
        f"sending_{name}_handed_over_in_s": arrived.seconds[-1],
        f"sending_{name}_p99_due_to_handed_s": arrived.p99,
        f"sending_{name}_cpu_ms_for_each": milliseconds,
        **_losses(name, "", arrived),
    }


def _losses(name: str, when: str, arrived: Arrived) -> dict[str, float]:
    return {f"sending_{name}_lost{when}": arrived.lost, f"sending_{name}_duplicated{when}": arrived.duplicated}


if __name__ == "__main__":
    numbers, names = [int(word) for word in sys.argv[1:4]], tuple(sys.argv[4:])
    for part in measure(print, *numbers, **({"only": names} if names else {})):
        print(*(f"  {name}: {value:,.1f}" for name, value in part.items()), sep="\n")
