"""The rate of our number: what the bucket gives, no matter how many workers ask."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.notify.sending import rate
from services.notify.sending.dispatch import dispatch_due
from tests.notify.facts import Story
from tests.notify.test_dispatch import Scripted
from tests.notify.world import World

SENDER = "+15005550006"


def a_rate_of(world: World, per_second: float | None) -> None:
    world.query("DELETE FROM buckets")
    world.query("UPDATE clinic SET messages = :told", told=json.dumps({"texts_per_second": per_second}))


def many_are_due(world: World, count: int) -> None:
    """Nobody's tenth text of the day: each patient has one."""
    world.tell(Story().clinic())
    for _ in range(count):
        story = Story()
        world.tell(story.patient(email_consent=False), *story.booking())
    world.query("UPDATE messages SET state = 'superseded' WHERE channel <> 'text'")


def sent_by(world: World, times: int = 1) -> int:
    way_out = Scripted()
    for _ in range(times):
        dispatch_due(world.runtime, {"text": way_out, "email": way_out})
    return len(way_out.sent)


def given(world: World, per_second: float) -> int:
    with world.runtime.sessions.begin() as session:
        return rate.given(session, SENDER, per_second)


def taken(world: World, count: int) -> None:
    with world.runtime.sessions.begin() as session:
        rate.take(session, SENDER, count)


def later(world: World, seconds: float) -> None:
    world.query("UPDATE buckets SET filled_at = filled_at - make_interval(secs => :s)", s=seconds)


def test_a_full_bucket_holds_one_seconds_worth(world: World) -> None:
    world.query("DELETE FROM buckets")
    assert given(world, 3) == 3
    taken(world, 3)
    later(world, 3600)
    assert given(world, 3) == 3, "after an hour no more than after a second"


def test_it_fills_as_time_goes_by(world: World) -> None:
    world.query("DELETE FROM buckets")
    assert given(world, 100) == 100
    taken(world, 100)
    later(world, 0.25)
    assert 25 <= given(world, 100) <= 40


def test_less_than_one_a_second_is_one_every_few_seconds(world: World) -> None:
    world.query("DELETE FROM buckets")
    assert given(world, 0.1) == 1
    taken(world, 1)
    later(world, 9)
    assert given(world, 0.1) == 0
    later(world, 1)
    assert given(world, 0.1) == 1


def test_a_clock_that_steps_back_takes_nothing_away(world: World) -> None:
    world.query("DELETE FROM buckets")
    given(world, 10)
    later(world, -60)
    assert given(world, 10) == 10


def test_claims_take_only_what_the_bucket_gives(world: World) -> None:
    many_are_due(world, 6)
    a_rate_of(world, 0.001)
    assert sent_by(world, times=3) == 1
    later(world, 1000)
    assert sent_by(world, times=3) == 1
    a_rate_of(world, 3)
    assert sent_by(world) == 3


def test_without_a_rate_everything_goes_at_once(world: World) -> None:
    many_are_due(world, 5)
    a_rate_of(world, None)
    assert sent_by(world) == 5
    assert world.query("SELECT count(*) FROM buckets") == [(0,)]


def test_e_mails_have_no_rate(world: World, story: Story) -> None:
    world.tell(*story.people(), story.received())
    a_rate_of(world, 0.001)
    world.query("INSERT INTO buckets VALUES (:sender, 0, clock_timestamp())", sender=SENDER)
    assert sent_by(world) == 1


@pytest.mark.parametrize("workers", [4])
def test_workers_share_the_bucket(world: World, workers: int) -> None:
    many_are_due(world, 12)
    a_rate_of(world, 0.0001)  # its next text is hours away
    way_out = Scripted()
    with ThreadPoolExecutor(workers) as dispatchers:
        list(dispatchers.map(lambda _: dispatch_due(world.runtime, {"text": way_out}, 4), range(2 * workers)))
    assert len(way_out.sent) == 1
