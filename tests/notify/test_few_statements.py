"""Planning asks the database little, however many messages it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from services.contracts.event import Event
from tests.notify.facts import NOW, Story
from tests.notify.world import World

MOST = 12


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    said: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        # The inbox's own row, and the savepoint around the handler, are not planning.
        if not statement.startswith(("INSERT INTO inbox", "SAVEPOINT", "RELEASE")):
            said.append(statement)

    event.listen(world.runtime.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(world.runtime.engine, "before_cursor_execute", note)


def statements(world: World, told: Event) -> list[str]:
    body = world.body(told)
    with counted(world) as said:
        world.runtime.inbox.take(body, world.handlers[told.event_type()])
    return said


@pytest.fixture
def twelve(world: World) -> Story:
    story = Story(starts=tuple(NOW + timedelta(days=5 + 7 * n) for n in range(12)))
    world.tell(*story.people(), story.received(), story.accepted())
    return story


def test_every_event_of_a_new_series_is_planned_in_few_statements(world: World, twelve: Story) -> None:
    events = [twelve.series_booked(), *(twelve.booked(n) for n in range(1, 13))]
    asked = [len(statements(world, one)) for one in events]
    # The invitation that the booking supersedes is one more, with its lock and its audit row.
    assert asked[0] <= MOST + 3
    assert max(asked[1:]) <= MOST
    assert len(world.messages(state="planned", role="patient")) == 25


def test_an_event_that_changes_no_message_writes_none(world: World, twelve: Story) -> None:
    world.tell(*twelve.booking())
    said = statements(world, twelve.confirmed(1))
    assert [one for one in said if "messages" in one and not one.lstrip().startswith(("SELECT", "WITH"))] == []
    assert [one for one in said if "audit" in one] == []
