"""Resident memory of the idle stack: each process of ours, and everything together.

The sum counts shared pages once (proportional set size), where the system tells it.
"""

from __future__ import annotations

import time

import psutil

from services.local import roster
from services.local.stack import Stack

SETTLE_SECONDS = 3


def measure(stack: Stack) -> dict[str, float]:
    time.sleep(SETTLE_SECONDS)
    names = [spec.name for spec in roster.processes(stack.setup)]
    ours = {name: _rss(stack.processes.pid(name)) for name in names}
    everything = psutil.Process().children(recursive=True)
    return {
        **{f"rss_mb_{name.replace('-', '_')}": value for name, value in ours.items()},
        "largest_process_mb": max(ours.values()),
        "stack_mb": sum(_share(process) for process in everything),
    }


def _rss(pid: int) -> float:
    """The largest of a process and its children: gunicorn's worker is a child of its arbiter."""
    process = psutil.Process(pid)
    return max(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 2**20


def _share(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
        return getattr(full, "pss", full.rss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0
