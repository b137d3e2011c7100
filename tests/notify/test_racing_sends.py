"""Visits that are cancelled and moved while their reminders are being sent: nobody is reminded of what was off before
the intent to remind was written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest

from services.notify.sending.dispatch import dispatch_due
from tests.notify.facts import NOW, Story
from tests.notify.test_dispatch import Scripted
from tests.notify.world import World

WORKERS = 4


def reminders_are_due(world: World, count: int) -> list[Story]:
    stories = [Story() for _ in range(count)]
    world.tell(stories[0].clinic())
    for story in stories:
        world.tell(story.patient(), *story.booking())
    world.query("UPDATE messages SET state = 'sent', sent_at = fascia_now() WHERE NOT kind LIKE 'reminder%'")
    world.at(stories[0].starts[0] - timedelta(minutes=100))
    world.query("UPDATE messages SET state = 'sent', sent_at = due_at WHERE kind = 'reminder_2880' AND due_at < :now",
                now=stories[0].starts[0] - timedelta(days=1))  # fmt: skip
    return stories


def changed(world: World, story: Story, how: str) -> tuple[Any, datetime]:
    """The visit, and when its change was surely committed."""
    at = NOW + timedelta(minutes=1)
    world.tell(story.cancelled(1, at=at) if how == "cancelled" else story.moved(1, at=at))
    [(now,)] = world.query("SELECT clock_timestamp()")
    return story.sessions[0], now


def race(world: World, count: int) -> None:
    """Each second visit is cancelled or moved. None of those is reminded of under an intent that came after its
    change; each of the others is."""
    stories = reminders_are_due(world, count)
    hows = dict(zip((story.sessions[0] for story in stories[::2]), cycle(("cancelled", "moved")), strict=False))
    changes = []
    with ThreadPoolExecutor(WORKERS + 2) as pool:
        for story in stories:
            pool.submit(sent, world, 1)
            if how := hows.get(story.sessions[0]):
                changes.append(pool.submit(changed, world, story, how))
    known = dict(change.result() for change in changes)
    while sent(world, count):
        pass
    rows = world.query(
        "SELECT m.session_id, a.started_at FROM attempts a JOIN messages m ON m.id = a.message_id"
        " WHERE m.kind = 'reminder_120' AND m.starts_at = :first", first=stories[0].starts[0],
    )  # fmt: skip
    late = [row for row in rows if row.session_id in known and row.started_at > known[row.session_id]]
    assert late == []
    assert {story.sessions[0] for story in stories[1::2]} <= {row.session_id for row in rows}
    tried = world.query("SELECT 1 FROM messages WHERE state = 'superseded' AND attempts > 0")
    assert tried == [], "what was tried is not called off"


def sent(world: World, limit: int) -> int:
    return dispatch_due(world.runtime, {"text": Scripted(), "email": Scripted()}, limit)


def test_no_reminder_leaves_after_its_visit_was_cancelled_or_moved(world: World) -> None:
    race(world, 8)


@pytest.mark.long
@pytest.mark.parametrize("round_", range(10))
def test_no_reminder_ever_leaves_after_its_visit_was_cancelled_or_moved(world: World, round_: int) -> None:
    race(world, 24)
