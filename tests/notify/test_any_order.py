"""Whatever the broker does with the order, the same messages come of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.contracts.event import Event
from tests.notify.histories import histories
from tests.notify.world import World

USUAL = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    # Each example is some forty transactions, many times what it takes to make it smaller.
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
}


@settings(max_examples=20, **USUAL)
@given(data=st.data())
def test_events_in_any_order_and_any_number_leave_the_same_messages(world: World, data: st.DataObject) -> None:
    _leave_the_same(world, data, 3)


@pytest.mark.long
@settings(max_examples=400, **USUAL)
@given(data=st.data())
def test_however_long_the_history(world: World, data: st.DataObject) -> None:
    _leave_the_same(world, data, 6)


def _leave_the_same(world: World, data: st.DataObject, most_acts: int) -> None:
    told = data.draw(histories(most_acts))
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=6))]))
    assert _live_after(world, shuffled) == _live_after(world, told)


def _live_after(world: World, told: list[Event]) -> set[tuple[object, ...]]:
    world.forget()
    world.tell(*told)
    return world.live()
