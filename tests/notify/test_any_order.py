"""Whatever the broker does with the order, the same messages come of it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.contracts.event import Event
from tests.notify.facts import NOW, Story
from tests.notify.world import World

HOURS = st.integers(-48, 24 * 20)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Of one referral, as it happened: visits booked, moved, confirmed, completed; contacts changed."""
    starts = tuple(sorted(NOW + timedelta(hours=draw(HOURS)) for _ in range(draw(st.integers(1, 3)))))
    updates = draw(st.sampled_from(["every_visit", "end", "exceptions", "none"]))
    story = Story(starts=starts, updates=updates)
    told = [*story.people(), story.received(NOW - timedelta(days=20))]
    told.append(draw(st.sampled_from([story.accepted(), story.declined()])))
    told += [*(story.booked(n) for n in range(1, len(starts) + 1)), story.series_booked(NOW - timedelta(days=15))]
    for number in range(1, len(starts) + 1):
        for version, what in enumerate(draw(st.lists(st.sampled_from(["move", "confirm"]), max_size=2)), 2):
            moved = NOW + timedelta(hours=draw(HOURS))
            told.append(story.booked(number, version, moved) if what == "move" else story.confirmed(number, version))
        if draw(st.booleans()):
            told.append(story.completed(number, 9, NOW - timedelta(hours=draw(st.integers(0, 40)))))
    if draw(st.booleans()):
        told.append(story.series_completed(NOW - timedelta(hours=1)))
    for version in range(2, 2 + draw(st.integers(0, 2))):
        consents = {"text_consent": draw(st.booleans()), "email_consent": draw(st.booleans())}
        told.append(story.patient(version, **consents))
    if draw(st.booleans()):
        told.append(story.clinic(2, reminder_minutes=(1440, 60)))
    return told


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_events_in_any_order_and_any_number_leave_the_same_messages(world: World, data: st.DataObject) -> None:
    told = data.draw(histories())
    shuffled = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=6))]))
    assert _live_after(world, shuffled) == _live_after(world, told)


def _live_after(world: World, told: list[Event]) -> set[tuple[object, ...]]:
    world.forget()
    world.tell(*told)
    return world.live()
