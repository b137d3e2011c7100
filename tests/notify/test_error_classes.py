"""Every class of error of the providers, told at once or by callback, through their own client libraries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.notify.models import Message
from services.notify.transports.answer import Meaning
from tests.notify.facts import PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.test_transports import TABLE
from tests.notify.world import World, eventually

KIND = "series_confirmation"
CONFIGURATION = sorted(TABLE[Meaning.CONFIGURATION])
WRONG = sorted(TABLE[Meaning.WRONG_ADDRESS])
CONTENT = sorted(TABLE[Meaning.CONTENT])


def a_text(world: World, story: Story, **knobs: Any) -> Message:
    """The confirmation, handed to a provider so dialled."""
    world.sandbox.turn(twilio=knobs)
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.send()
    return world.message(KIND, channel="text")


def refused(world: World, story: Story, code: int) -> Message:
    return a_text(world, story, refusals={PATIENT_PHONE: code})


def undelivered(world: World, story: Story, code: int, state: str) -> Message:
    a_text(world, story, outcomes={PATIENT_PHONE: code})
    return told(world, state, code)


def told(world: World, state: str, code: int) -> Message:
    def fact() -> bool:
        world.follow()
        message = world.message(KIND, channel="text")
        return message.state == state and str(code) in (message.reason or "")

    eventually(fact)
    return world.message(KIND, channel="text")


def an_email(world: World, story: Story, **knobs: Any) -> Message:
    world.sandbox.turn(sendgrid=knobs)
    world.tell(*story.people(), story.received())
    world.send()
    return world.message("referral_received", recipient=story.physician_id)


def wait_of(message: Message) -> float:
    return (message.ready_at - message.due_at).total_seconds()


def all_due(world: World) -> None:
    world.plan_anew()
    world.query("UPDATE messages SET ready_at = due_at WHERE state = 'planned'")


def tried_again(world: World) -> None:
    all_due(world)
    world.query("UPDATE messages SET reason = NULL WHERE state = 'planned'")


def texts_elsewhere(world: World) -> set[tuple[str, str]]:
    return {(m.channel, m.state) for m in world.messages(kind=KIND) if m.channel != "text"}


# Texts


def test_too_many_requests_are_tried_again_a_little_later(world: World, story: Story) -> None:
    message = refused(world, story, 20429)
    assert (message.state, message.reason, message.attempts) == ("planned", "retry:20429", 1)
    assert wait_of(message) > 0
    world.sandbox.turn(twilio={"refusals": {}})
    all_due(world)
    world.send()
    assert len(world.sandbox.texts()) == 1


@pytest.mark.parametrize("code", [30001, 30022])
def test_a_full_queue_is_tried_again(world: World, story: Story, code: int) -> None:
    message = undelivered(world, story, code, "planned")
    assert message.reason == f"retry:{code}"
    world.sandbox.turn(twilio={"outcomes": {}})
    all_due(world)
    world.send()
    world.becomes(KIND, "delivered", channel="text")


@pytest.mark.parametrize("fault", ["hang", "accept_then_500", "500_not_accepted", "accept_then_reset", "reset_before"])
def test_what_may_or_may_not_have_been_taken_is_unknown(world: World, story: Story, fault: str) -> None:
    message = a_text(world, story, next=[fault], hang_ms=1500, callbacks="off")
    assert message.state == "unknown"
    assert message.look_at is not None


def test_an_unreachable_handset_is_tried_twice_more_and_late(world: World, story: Story) -> None:
    waits = []
    a_text(world, story, outcomes={PATIENT_PHONE: 30003})
    for _ in range(2):
        message = told(world, "planned", 30003)
        waits.append((message.ready_at - message.changed_at).total_seconds() / 60)
        tried_again(world)
        world.send()
    assert 11 < waits[0] < 19 < 35 < waits[1] < 55
    assert told(world, "failed", 30003).attempts == 3
    assert len(world.sandbox.texts()) == 3


def test_an_unreachable_handset_that_answers_later_has_its_text(world: World, story: Story) -> None:
    undelivered(world, story, 30003, "planned")
    world.sandbox.turn(twilio={"outcomes": {}})
    all_due(world)
    world.send()
    world.becomes(KIND, "delivered", channel="text")
    assert world.tasks() == []


def test_after_the_last_try_an_unreachable_person_gets_an_e_mail(world: World, story: Story) -> None:
    undelivered(world, story, 30003, "planned")
    for _ in range(2):
        tried_again(world)
        world.send()
        eventually(lambda: _reason(world))
    assert world.message(KIND, channel="text").state == "failed"
    assert texts_elsewhere(world) == {("email", "planned")}
    assert "not_delivered" not in world.tasks()


def test_when_there_is_no_time_for_another_try_the_other_channel_is_taken_at_once(world: World, story: Story) -> None:
    world.sandbox.turn(twilio={"outcomes": {PATIENT_PHONE: 30003}})
    world.tell(*story.all_booked())
    world.at(story.starts[0] - timedelta(minutes=5))
    world.query(
        "UPDATE messages SET send_before = fascia_now() + interval '5 minutes' WHERE kind = 'reminder_120'"
        " AND session_id = :id", id=story.sessions[0],
    )  # fmt: skip
    world.send_all()
    world.becomes("reminder_120", "failed", session_id=story.sessions[0], channel="text")


def test_without_another_channel_the_desk_is_told_of_an_unreachable_person(world: World, story: Story) -> None:
    world.sandbox.turn(twilio={"outcomes": {PATIENT_PHONE: 30003}})
    world.tell(story.clinic(), story.patient(email=None, email_consent=False), *story.booking())
    for _ in range(3):
        tried_again(world)
        world.send()
        eventually(lambda: _reason(world))
    assert world.message(KIND, channel="text").state == "failed"
    assert texts_elsewhere(world) == set()
    assert world.query("SELECT kind, code, message_id FROM tasks") == [
        ("not_delivered", "30003", world.message(KIND, channel="text").id)
    ]


def _reason(world: World) -> bool:
    world.follow()
    return "30003" in (world.message(KIND, channel="text").reason or "")


@pytest.mark.parametrize("code", [21211, 21612, 21614, 21635])
def test_a_number_refused_as_wrong_is_never_texted_again(world: World, story: Story, code: int) -> None:
    assert refused(world, story, code).state == "failed"
    assert_number_is_given_up(world, code)


@pytest.mark.parametrize("code", [30005, 30006])
def test_a_number_found_wrong_is_never_texted_again(world: World, story: Story, code: int) -> None:
    undelivered(world, story, code, "failed")
    assert_number_is_given_up(world, code)


def assert_number_is_given_up(world: World, code: int) -> None:
    assert world.query("SELECT reason, source FROM blocks") == [("wrong_address", f"provider:{code}")]
    assert texts_elsewhere(world) == {("email", "planned")}
    assert world.tasks() == ["address_wrong"]


def test_an_opt_out_refused_at_once_is_kept_and_never_tried_again(world: World, story: Story) -> None:
    assert refused(world, story, 21610).state == "failed"
    assert texts_elsewhere(world) == {("email", "planned")}
    assert world.query("SELECT count(*) FROM messages WHERE channel = 'text' AND state = 'planned'") == [(0,)]


def test_an_opt_out_told_later_is_kept(world: World, story: Story) -> None:
    undelivered(world, story, 30004, "failed")
    assert world.query("SELECT count(*) FROM messages WHERE channel = 'text' AND state = 'planned'") == [(0,)]


@pytest.mark.parametrize("code", [21602, 21617])
def test_words_that_are_refused_are_never_sent_again(world: World, story: Story, code: int) -> None:
    message = refused(world, story, code)
    assert (message.state, message.reason) == ("failed", f"content:{code}")
    assert "not_delivered" in world.tasks()


def test_words_that_were_filtered_are_never_sent_again(world: World, story: Story) -> None:
    undelivered(world, story, 30007, "failed")
    assert "not_delivered" in world.tasks()


@pytest.mark.parametrize("code", [20003, 21408, 21603, 21606, 21608, 21659])
def test_a_configuration_refused_at_once_stops_the_channel(world: World, story: Story, code: int) -> None:
    assert_channel_is_stopped(world, refused(world, story, code), code)


@pytest.mark.parametrize("code", [30002, 30034, 30035])
def test_a_configuration_refused_later_stops_the_channel(world: World, story: Story, code: int) -> None:
    assert_channel_is_stopped(world, undelivered(world, story, code, "planned"), code)


def assert_channel_is_stopped(world: World, message: Message, code: int) -> None:
    assert (message.state, message.attempts) == ("planned", 0), "nothing lost, and no attempt burnt"
    assert world.query("SELECT channel, code FROM pauses") == [("text", str(code))]
    assert world.query("SELECT kind, code FROM tasks WHERE done_at IS NULL") == [("channel_stopped", f"text:{code}")]
    all_due(world)
    world.send()
    assert world.message(KIND, channel="text").attempts == 0


def test_every_code_of_a_configuration_error_was_tried() -> None:
    assert {20003, 21408, 21603, 21606, 21608, 21659, 30002, 30034, 30035} == set(CONFIGURATION)
    assert {21211, 21612, 21614, 21635, 30005, 30006} == set(WRONG)
    assert {21602, 21617, 30007} == set(CONTENT)


def test_the_recipients_quiet_hours_are_waited_out(world: World, story: Story) -> None:
    message = undelivered(world, story, 30610, "planned")
    assert message.reason == "later:30610"
    assert message.ready_at - message.changed_at > timedelta(minutes=59)


# E-mails


@pytest.mark.parametrize("status", [400, 413])
def test_an_e_mail_refused_for_what_it_is_is_the_desks(world: World, story: Story, status: int) -> None:
    message = an_email(world, story, refusals={PHYSICIAN_EMAIL: status})
    assert (message.state, message.reason) == ("failed", f"content:{status}")
    assert world.tasks() == ["not_delivered"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_is_refused_stops_all_e_mail(world: World, story: Story, status: int) -> None:
    message = an_email(world, story, refusals={"*": status})
    assert (message.state, message.attempts) == ("planned", 0)
    assert world.query("SELECT channel FROM pauses") == [("email",)]
    assert world.tasks() == ["channel_stopped"]


def test_too_many_e_mails_wait_as_long_as_sendgrid_says(world: World, story: Story) -> None:
    message = an_email(world, story, refusals={PHYSICIAN_EMAIL: 429})
    assert (message.state, message.reason) == ("planned", "retry:429")
    assert 0 < wait_of(message) < 5
    world.sandbox.turn(sendgrid={"refusals": {}})
    all_due(world)
    world.send()
    assert len(world.sandbox.emails()) == 1


def test_an_error_of_sendgrids_is_unknown(world: World, story: Story) -> None:
    assert an_email(world, story, refusals={PHYSICIAN_EMAIL: 500}).state == "unknown"


@pytest.mark.parametrize("event", ["bounce", "dropped"])
def test_an_address_that_bounces_is_not_written_to_again(world: World, story: Story, event: str) -> None:
    an_email(world, story, outcomes={PHYSICIAN_EMAIL: event})
    world.becomes("referral_received", "failed", recipient=story.physician_id, channel="email")
    assert world.query("SELECT channel, reason FROM blocks") == [("email", "wrong_address")]
    world.send_all()
    assert world.tasks() == ["send_by_fax"]


@pytest.mark.parametrize("event", ["spamreport", "unsubscribe"])
def test_who_does_not_want_our_e_mail_gets_none_any_more(world: World, story: Story, event: str) -> None:
    an_email(world, story, outcomes={PHYSICIAN_EMAIL: event})
    eventually(lambda: world.query("SELECT event FROM callbacks WHERE event = :event", event=event))
    world.plan_anew()
    world.tell(*story.booking())
    assert {m.channel for m in world.messages(state="planned", recipient=story.physician_id)} <= {"desk"}
