"""A provider that refuses our configuration: nothing is sent, nothing is lost, one message tries it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.notify.sending import breaker, resolve
from services.notify.sending.dispatch import dispatch_due
from services.notify.transports.answer import Answer, Meaning
from tests.notify.facts import NOW, Story
from tests.notify.test_dispatch import Scripted
from tests.notify.world import World

REFUSED = Answer(Meaning.CONFIGURATION, code="20003")


def texts_are_due(world: World, count: int) -> None:
    world.tell(Story().clinic())
    for _ in range(count):
        story = Story()
        world.tell(story.patient(email_consent=False), *story.booking())


def send(world: World, *answers: Answer) -> int:
    """How many texts the provider was asked to send."""
    way_out = Scripted(*answers)
    dispatch_due(world.runtime, {"text": way_out, "email": Scripted()})
    return len(way_out.sent)


def stopped(world: World, count: int, code: str = "20003") -> None:
    texts_are_due(world, count)
    assert send(world, *[Answer(Meaning.CONFIGURATION, code=code)] * count) == count
    everything_is_due(world)


def everything_is_due(world: World) -> None:
    world.plan_anew()
    world.query("UPDATE messages SET ready_at = due_at WHERE state = 'planned'")


def pause_is_over(world: World) -> None:
    world.plan_anew()
    world.query("UPDATE pauses SET until = clock_timestamp()")


def pause(world: World) -> Any:
    rows = world.query("SELECT failures, extract(epoch FROM until - clock_timestamp()) AS left, probe FROM pauses")
    return rows[0] if rows else None


def states(world: World) -> set[str]:
    return {m.state for m in world.messages(kind="series_confirmation")}


def test_while_it_is_open_nothing_is_sent_and_nothing_is_lost(world: World) -> None:
    stopped(world, 3)
    assert send(world) == 0
    assert states(world) == {"planned"}
    assert {m.attempts for m in world.messages(kind="series_confirmation")} == {0}
    assert world.tasks() == ["channel_stopped"]


def test_many_refusals_at_once_open_it_once(world: World) -> None:
    stopped(world, 5)
    assert pause(world).failures == 1
    assert 40 < pause(world).left <= 60


def test_half_open_one_message_is_tried_and_its_success_lets_the_others_go(world: World) -> None:
    stopped(world, 4)
    pause_is_over(world)
    assert send(world) == 1
    assert pause(world) is None
    assert world.tasks() == [], "the task has settled itself"
    assert send(world) == 3
    assert states(world) == {"sent"}


def test_a_probe_that_is_refused_opens_it_for_longer_each_time(world: World) -> None:
    stopped(world, 2)
    lengths = []
    for failures in (2, 3, 4):
        pause_is_over(world)
        assert send(world, REFUSED) == 1
        everything_is_due(world)
        assert pause(world).failures == failures
        lengths.append(float(pause(world).left))
    assert 90 < lengths[0] <= 120 < 180 < lengths[1] <= 240 < 380 < lengths[2] <= 480
    assert world.tasks() == ["channel_stopped"]


def test_workers_that_come_together_try_one_message(world: World) -> None:
    stopped(world, 6)
    pause_is_over(world)
    way_out = Scripted(*[Answer(Meaning.UNKNOWN)] * 9)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: dispatch_due(world.runtime, {"text": way_out}), range(8)))
    assert len(way_out.sent) == 1


def test_a_probe_that_nothing_is_heard_of_is_followed_by_another(world: World) -> None:
    stopped(world, 2)
    pause_is_over(world)
    world.query("UPDATE pauses SET probe = gen_random_uuid()")
    assert send(world) == 1
    assert pause(world) is None


def test_an_unknown_probe_decides_nothing(world: World) -> None:
    stopped(world, 2)
    pause_is_over(world)
    assert send(world, Answer(Meaning.UNKNOWN, code="ReadTimeout")) == 1
    assert (pause(world).failures, pause(world).probe) == (1, None)
    assert send(world) == 0
    pause_is_over(world)
    assert send(world) == 1
    assert pause(world) is None


@pytest.mark.parametrize("meaning", [Meaning.WRONG_ADDRESS, Meaning.CONTENT, Meaning.LATER, Meaning.UNREACHABLE])
def test_any_answer_about_the_message_itself_closes_it(world: World, meaning: Meaning) -> None:
    stopped(world, 2)
    pause_is_over(world)
    send(world, Answer(meaning, code="1"))
    assert pause(world) is None
    assert "channel_stopped" not in world.tasks()


def test_what_is_only_told_by_callbacks_is_not_disproved_by_the_taking(world: World) -> None:
    stopped(world, 2, code="30034")
    pause_is_over(world)
    assert send(world) == 1
    assert 0 < pause(world).left <= breaker.PROVEN
    assert send(world) == 0, "the probe must stand first"
    pause_is_over(world)
    assert send(world) == 1
    assert pause(world) is None


def test_the_other_channel_goes_on(world: World, story: Story) -> None:
    stopped(world, 1)
    world.tell(story.physician(), story.received(), story.patient())
    mails = Scripted()
    dispatch_due(world.runtime, {"text": Scripted(), "email": mails})
    assert [letter.channel for letter in mails.sent] == ["email"]


def test_what_waited_too_long_expires(world: World) -> None:
    stopped(world, 1)
    world.at(NOW + timedelta(days=60))
    resolve.expire(world.runtime)
    assert states(world) == {"expired"}
    pause_is_over(world)
    assert send(world) == 0


def test_what_met_a_refusal_comes_after_those_that_did_not(world: World) -> None:
    """Else one message that is always refused would be every probe, and hold up all others for ever."""
    texts_are_due(world, 2)
    dispatch_due(world.runtime, {"text": Scripted(REFUSED)}, limit=1)
    pause_is_over(world)
    way_out = Scripted()
    dispatch_due(world.runtime, {"text": way_out})
    [other] = way_out.sent
    assert world.message("series_confirmation", id=other.message_id).state == "sent"
    [refused] = world.messages(kind="series_confirmation", state="planned")
    assert refused.ready_at > refused.due_at
    assert refused.id != other.message_id


def test_the_metrics_tell_of_a_stopped_channel_until_it_is_closed(world: World, ask: Any) -> None:
    stopped(world, 1)
    pause_is_over(world)
    assert "fascia_paused_channels{" in world.app.test_client().get("/metrics").text
