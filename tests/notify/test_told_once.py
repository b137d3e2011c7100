"""The end of a series is told once, however late it becomes known when it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.contracts.event import Event
from tests.notify.facts import NOW, Story
from tests.notify.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def finished(story: Story) -> list[Event]:
    """Completed, opened again, and completed once more with as many visits as before."""
    starts = [NOW - timedelta(days=n) for n in (15, 8, 1)]
    story.starts = tuple(starts)
    return [story.series_completed(NOW - 2 * HOUR, 2, completed=3), story.series_completed(NOW - HOUR, 4, completed=3)]


def told(world: World, kind: str) -> list[Any]:
    """Of which completions; all of them were due at once."""
    return sorted(m.happened_at for m in world.messages(kind=kind) if m.state not in ("superseded", "expired"))


@pytest.mark.parametrize("kind", ["closing_report", "series_finished"])
def test_an_older_completion_that_arrives_late_is_not_told_again(
    world: World, story: Story, finished: list[Event], kind: str
) -> None:
    older, newer = finished
    world.tell(*story.all_booked(), newer)
    world.send_all()
    world.tell(older)
    assert told(world, kind) == [NOW - HOUR]


@pytest.mark.parametrize("kind", ["closing_report", "series_finished"])
def test_with_another_visit_it_is_told_again(world: World, story: Story, finished: list[Event], kind: str) -> None:
    world.tell(*story.all_booked(), finished[0])
    world.send_all()
    world.tell(story.series_completed(NOW - HOUR, 4, completed=4))
    assert told(world, kind) == [NOW - 2 * HOUR, NOW - HOUR]


def test_the_end_of_a_series_is_told_of_its_last_visit_though_that_becomes_known_later(
    world: World, story: Story
) -> None:
    story.starts = tuple(NOW - timedelta(days=n, minutes=31) for n in (14, 7, 0))
    known = [*story.all_booked(), story.completed(1), story.completed(2)]
    world.tell(*known, story.series_completed(NOW - timedelta(minutes=1)))
    assert world.message("series_finished").session_id == story.sessions[1]
    world.tell(story.completed(3, at=NOW - timedelta(minutes=1)))
    assert world.message("series_finished").session_id == story.sessions[2]
