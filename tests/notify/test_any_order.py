"""Whatever the broker does with the order, the same messages come of it."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.contracts.event import Event
from tests.notify.histories import histories
from tests.notify.world import World


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Each example is some forty transactions.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(data=st.data())
def test_events_in_any_order_and_any_number_leave_the_same_messages(world: World, data: st.DataObject) -> None:
    told = data.draw(histories())
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=6))]))
    assert _live_after(world, shuffled) == _live_after(world, told)


def _live_after(world: World, told: list[Event]) -> set[tuple[object, ...]]:
    world.forget()
    world.tell(*told)
    return world.live()
