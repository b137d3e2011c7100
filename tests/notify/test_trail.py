"""Every message can say why it is as it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notify.models import Message
from tests.notify.facts import NOW, Story
from tests.notify.world import World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def told(message: Message) -> list[tuple[Any, Any]]:
    return [(entry["what"], entry.get("because")) for entry in message.trail]


def test_a_reminder_says_how_long_before_the_visit_it_is_due(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    [entry] = world.messages(kind="reminder_2880", session_id=story.sessions[0])[0].trail
    assert (entry["what"], entry["because"], entry["minutes_before"]) == ("planned", "reminder", 2880)
    assert datetime.fromisoformat(entry["due_at"]) == story.starts[0] - 2 * DAY
    assert datetime.fromisoformat(entry["at"]) - NOW < MINUTE


def test_what_waits_for_the_morning_says_so(world: World, story: Story) -> None:
    night = NOW.replace(hour=3) + DAY
    world.at(night)
    world.tell(*story.people(), *story.booking()[:-1], story.series_booked(at=night))
    message = world.message("series_confirmation")
    assert told(message) == [("planned", "series_confirmation"), ("deferred", "quiet_hours")]
    assert datetime.fromisoformat(message.trail[1]["moment"]) == night
    assert datetime.fromisoformat(message.trail[1]["due_at"]) == message.due_at == night.replace(hour=13)


@pytest.mark.parametrize(
    ("contact", "channel", "because"),
    [
        ({"text_consent": False}, "email", ["no_consent"]),
        ({"phone": None}, "email", ["no_number"]),
        ({"phone": None, "email": None}, "desk", ["no_number", "no_address"]),
        ({"phone": None, "email_consent": False}, "desk", ["no_number", "no_consent"]),
    ],
)
def test_what_goes_another_way_says_why(
    world: World, story: Story, contact: dict[str, Any], channel: str, because: list[str]
) -> None:
    world.tell(story.clinic(), story.patient(**contact), *story.booking())
    message = world.message("series_confirmation")
    assert message.channel == channel
    assert [why for what, why in told(message) if what == "fell_back"] == because


def test_an_opt_out_is_why_the_rest_goes_by_e_mail(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.query(
        "INSERT INTO blocks (address_hash, channel, reason, source)"
        " SELECT phone_hash, 'text', 'opted_out', 'test' FROM contacts WHERE phone_hash IS NOT NULL"
    )
    world.tell(story.patient(2))
    gone = world.messages(kind="reminder_120", channel="text")[0]
    instead = world.messages(kind="reminder_120", channel="email")[0]
    assert (gone.state, gone.reason, gone.trail[-1]["message"]) == ("superseded", "other_channel", str(instead.id))
    assert ("fell_back", "opted_out") in told(instead)


@pytest.mark.parametrize(
    ("act", "because"),
    [("moved", "visit_moved"), ("cancelled", "visit_cancelled"), ("missed", "visit_missed"),
     ("completed", "visit_completed")],
)  # fmt: skip
def test_a_reminder_that_is_no_longer_planned_says_what_became_of_the_visit(
    world: World, story: Story, act: str, because: str
) -> None:
    world.tell(*story.all_booked(), getattr(story, act)(1))
    gone = [m for m in world.messages(kind="reminder_120", session_id=story.sessions[0]) if m.state == "superseded"]
    assert [(m.reason, m.trail[-1]["because"]) for m in gone] == [(because, because)]


def test_another_policy_is_why_a_lead_time_is_gone(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.policy(reminder_minutes=(1440,)))
    assert {m.reason for m in world.messages(kind="reminder_120")} == {"policy_changed"}


def test_a_message_that_is_due_at_another_time_says_when_it_was_due(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.policy(texts_from="11:00"))
    message = world.message("series_confirmation")
    assert told(message) == [
        ("planned", "series_confirmation"), ("retimed", "replanned"), ("deferred", "quiet_hours"),
    ]  # fmt: skip
    assert datetime.fromisoformat(message.trail[1]["was_at"]) == NOW


def test_what_we_learn_of_too_late_is_kept_with_its_reason(world: World, story: Story) -> None:
    story.starts = (NOW - 3 * DAY, NOW + 9 * DAY)
    world.tell(*story.people(), *story.booking()[:-1], story.series_booked(at=NOW - 9 * DAY))
    late = world.message("reminder_120", session_id=story.sessions[0])
    assert (late.state, late.reason, told(late)[-1]) == ("expired", "told_too_late", ("expired", "told_too_late"))


def test_what_is_older_than_two_weeks_is_not_brought_up(world: World, story: Story) -> None:
    story.starts = (NOW - 20 * DAY, NOW + 9 * DAY)
    world.tell(*story.people(), *story.booking()[:-1], story.series_booked(at=NOW - 40 * DAY))
    assert world.messages(session_id=story.sessions[0]) == []


def test_what_came_too_late_is_sent_after_all_when_it_turns_out_to_be_in_time(world: World, story: Story) -> None:
    story.starts = (NOW - DAY,)
    world.tell(*story.people(), *story.booking()[:-1], story.series_booked(at=NOW - 2 * DAY))
    assert world.message("series_confirmation").state == "expired"
    story.starts = (NOW - DAY, NOW + 3 * DAY)
    world.tell(story.series_changed(2))
    assert world.message("series_confirmation").state == "planned"
    assert told(world.message("series_confirmation"))[-1] == ("planned", "series_confirmation")


def test_what_is_planned_and_then_seen_to_be_over_is_not_sent(world: World, story: Story) -> None:
    """The visit that it would have told of in time has taken place; the other one was entered late."""
    by_email = story.patient(2, text_consent=False)
    world.tell(*story.all_booked(), by_email, story.moved(1, 2, NOW - timedelta(hours=1)), story.moved(3, 2))
    assert world.message("visits_changed").state == "planned"
    world.tell(story.completed(3, at=NOW))
    message = world.message("visits_changed")
    assert (message.state, message.reason) == ("expired", "no_time_left")


def test_a_text_that_was_revived_says_both(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.patient(2, text_consent=False), story.patient(3))
    message = world.message("series_confirmation", channel="text")
    assert [what for what, _ in told(message)] == ["planned", "superseded", "planned"]


def test_nothing_is_written_when_everything_is_as_it_should_be(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    before = world.query("SELECT id, changed_at, xmin::text FROM messages ORDER BY id")
    world.tell(story.confirmed(1), story.patient(2), story.physician(2))
    assert world.query("SELECT id, changed_at, xmin::text FROM messages ORDER BY id") == before


def test_the_trail_holds_no_names_addresses_or_words(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.moved(1), story.cancelled(2), story.patient(2, text_consent=False))
    allowed = {"what", "at", "because", "channel", "to", "moment", "due_at", "send_before", "minutes_before", "was_at",
               "visits", "limit", "message"}  # fmt: skip
    entries = [entry for message in world.messages() for entry in message.trail]
    assert {name for entry in entries for name in entry} <= allowed
    assert not [value for entry in entries for value in entry.values() if isinstance(value, str) and " " in value]
