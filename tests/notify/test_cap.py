"""The last look at how many texts a person gets in a day, whatever was planned."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from services.chassis.ids import new_id
from services.notify.sending import cap
from services.notify.sending.dispatch import dispatch_due
from tests.notify.facts import NOW, Story
from tests.notify.test_dispatch import Scripted
from tests.notify.world import World


def texts_are_due(world: World, story: Story, *kinds: str, zone: str = "America/New_York") -> None:
    """Planned around the planner, as a race or a late event might leave them."""
    if not world.query("SELECT 1 FROM clinic"):
        world.tell(story.clinic(), story.patient())
        world.query("DELETE FROM messages")
    for place, kind in enumerate(kinds):
        world.query(
            "INSERT INTO messages (id, subject_id, kind, channel, recipient, role, patient_id, referral_id, zone,"
            " due_at, ready_at, send_before, starts_at) VALUES (:id, :subject, :kind, 'text', :patient, 'patient',"
            " :patient, :referral, :zone, :due, :due, :before, :before)",
            id=new_id(), subject=new_id(), kind=kind, patient=story.patient_id, referral=story.referral_id, zone=zone,
            due=NOW - timedelta(minutes=30 - place), before=NOW + timedelta(hours=5),
        )  # fmt: skip


def had_today(world: World, story: Story, count: int, **changes: Any) -> None:
    at = changes.get("at", NOW - timedelta(minutes=5))
    for _ in range(count):
        world.query(
            "INSERT INTO messages (id, subject_id, kind, channel, recipient, role, patient_id, referral_id, zone,"
            " due_at, ready_at, send_before, state, sent_at, changed_at) VALUES (:id, :id, 'moved', :channel, :patient,"
            " 'patient', :patient, :referral, 'America/New_York', :at, :at, :at, :state, :sent, :at)",
            id=new_id(), patient=story.patient_id, referral=story.referral_id, at=at,
            channel=changes.get("channel", "text"), state=changes.get("state", "sent"),
            sent=at if changes.get("state", "sent") in ("sent", "delivered") else None,
        )  # fmt: skip


def sent(world: World) -> list[str]:
    way_out = Scripted()
    dispatch_due(world.runtime, {"text": way_out, "email": way_out})
    ids = [letter.message_id for letter in way_out.sent]
    return [row[0] for row in world.query("SELECT kind FROM messages WHERE id = ANY (:ids) ORDER BY due_at", ids=ids)]


def test_a_fourth_text_of_the_day_goes_back_and_is_planned_anew(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    had_today(world, story, 3)
    assert sent(world) == []
    message = world.message("missed")
    assert (message.state, message.reason, message.attempts) == ("planned", "capped", 0)
    assert (message.trail[-1]["what"], message.trail[-1]["limit"]) == ("capped", 3)
    assert message.ready_at > NOW + timedelta(seconds=50)
    assert message.due_at < NOW
    assert world.query("SELECT referral_id FROM replans") == [(story.referral_id,)]
    assert world.query("SELECT count(*) FROM attempts") == [(0,)]
    assert world.query("SELECT act FROM audit WHERE act = 'message_capped'") == [("message_capped",)]


def test_of_four_at_once_the_first_three_go(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed", "missed", "missed", "missed")
    assert len(sent(world)) == 3
    assert len(world.messages(reason="capped")) == 1


def test_the_clinic_says_how_many(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed", "missed", "missed")
    world.query("UPDATE clinic SET messages = :told", told=json.dumps({"texts_a_day": 1}))
    assert len(sent(world)) == 1


def test_what_answers_the_patient_is_always_sent(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed", "cancel_check")
    had_today(world, story, 5)
    assert sent(world) == ["cancel_check"]
    assert set(cap.ANSWERS) >= {"cancel_check", "other_times", "time_gone", "opted_out", "we_will_call"}


def test_yesterdays_do_not_count_and_the_day_is_the_patients(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    had_today(world, story, 3, at=NOW - timedelta(hours=10, minutes=30))
    assert sent(world) == ["missed"], "it was yesterday night in New York, and today by UTC"


def test_what_may_have_been_sent_counts(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    for state in ("sending", "unknown", "delivered"):
        had_today(world, story, 1, state=state)
    assert sent(world) == []


def test_what_failed_and_what_was_no_text_does_not_count(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    had_today(world, story, 3, state="failed")
    had_today(world, story, 3, channel="email")
    assert sent(world) == ["missed"]


def test_somebody_elses_texts_do_not_count(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    had_today(world, Story(), 3)
    assert sent(world) == ["missed"]


AUCKLAND = "Pacific/Auckland"
"""Where it is Wednesday already, since four hours."""


def is_put_back(world: World, story: Story) -> bool:
    [message] = world.messages(kind="missed")
    with world.runtime.sessions.begin() as session:
        return cap.put_back(session, [message.id], 3) == {message.id}


def test_the_day_is_the_clinics_wherever_the_visit_is(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed", zone=AUCKLAND)
    had_today(world, story, 3, at=NOW - timedelta(hours=6))
    assert is_put_back(world, story)


def test_the_day_is_that_of_where_the_patient_lives(world: World, story: Story) -> None:
    texts_are_due(world, story, "missed")
    world.tell(story.patient(2, timezone=AUCKLAND))
    had_today(world, story, 3, at=NOW - timedelta(hours=6))
    assert not is_put_back(world, story)
    had_today(world, story, 3, at=NOW - timedelta(hours=3))
    assert is_put_back(world, story)
