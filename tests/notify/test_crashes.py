"""A dispatcher that is killed at any point around a send: nobody gets two texts, nobody gets none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.notify.crash import POINTS, UNHURRIED, dispatcher_dies, leases_end
from tests.notify.facts import NOW
from tests.notify.ledger import Ledger, ledger, settle_everything, texts_are_due
from tests.notify.world import World


def killed(world: World, point: str, times: int) -> Ledger:
    """So many dispatchers die, each of another text; then the others find out what became of them."""
    texts_are_due(world, times, NOW)
    world.sandbox.turn(twilio={"callbacks": "off"})
    dispatcher_dies(replace(world.settings, **UNHURRIED), point, times)
    leases_end(world)
    settle_everything(world, 60)
    return ledger(world)


@pytest.mark.parametrize("point", POINTS)
def test_a_dispatcher_killed_at_any_point_sends_exactly_one_text(world: World, point: str) -> None:
    assert killed(world, point, 1) == Ledger(lost=0, duplicated=0, stuck=0)


@pytest.mark.long
@pytest.mark.parametrize("point", POINTS)
def test_twenty_dispatchers_killed_at_one_point_send_each_text_once(world: World, point: str) -> None:
    assert killed(world, point, 20) == Ledger(lost=0, duplicated=0, stuck=0)
