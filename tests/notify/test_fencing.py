"""A dispatcher that is frozen for longer than its lease, and woken: what it says then counts no more."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace

import pytest

from tests.notify.crash import dispatcher_freezes
from tests.notify.facts import NOW
from tests.notify.ledger import Ledger, ledger, settle_everything, texts_are_due
from tests.notify.world import World, eventually

HASTY = {"send_timeout": 0.3, "lease": 4.0}


def frozen(world: World, point: str) -> subprocess.Popen[str]:
    """It has claimed the one text, and stands still for twice its lease."""
    texts_are_due(world, 1, NOW)
    world.sandbox.turn(twilio={"callbacks": "off"})
    process = dispatcher_freezes(replace(world.settings, **HASTY), point)
    over = "SELECT 1 FROM messages WHERE clock_timestamp() > leased_until + interval '4 s'"
    eventually(lambda: world.query(over))
    return process


def woken(process: subprocess.Popen[str]) -> str:
    """What it says after that."""
    os.kill(process.pid, signal.SIGCONT)
    with process:
        assert process.stdout is not None
        return process.stdout.read()


@pytest.mark.parametrize("point", ["after_intent", "after_call", "before_result"])
def test_its_late_result_is_refused(world: World, point: str) -> None:
    process = frozen(world, point)
    settle_everything(world, 30)
    before = world.query("SELECT state, fence, provider_id, attempt_id FROM messages")
    assert "result_refused" in woken(process)
    assert world.query("SELECT state, fence, provider_id, attempt_id FROM messages") == before
    assert ledger(world) == Ledger(lost=0, duplicated=0, stuck=0)


def test_woken_before_anybody_else_looked_it_does_not_begin_a_call(world: World) -> None:
    process = frozen(world, "after_intent")
    assert "not_called" in woken(process)
    assert world.sandbox.texts() == []
    settle_everything(world, 30)
    assert ledger(world) == Ledger(lost=0, duplicated=0, stuck=0)
