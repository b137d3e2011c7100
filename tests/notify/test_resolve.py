"""Unknown sends: found, absent, or asked about; never resent blindly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.chassis.ids import new_id
from services.notify.models import Message
from services.notify.people.addresses import book_of
from services.notify.sending import resolve
from services.notify.transports.answer import Letter
from services.notify.transports.twilio import TwilioTransport
from tests.notify.facts import NOW, PATIENT_PHONE, Story
from tests.notify.world import World, eventually, free_port


def an_unknown_text(world: World, story: Story, fault: str) -> Message:
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.sandbox.turn(twilio={"next": [fault], "callbacks": "off", "hang_ms": 1200})
    world.send()
    message = world.message("series_confirmation")
    assert message.state == "unknown"
    return message


def an_unknown_email(world: World, story: Story, fault: str, **knobs: object) -> Message:
    world.sandbox.turn(sendgrid={"next": [fault], **knobs})
    world.tell(*story.people(), story.received())
    world.send()
    return world.message("referral_received", recipient=story.physician_id)


def an_email_with_its_report(world: World) -> None:
    earlier = Story()
    world.tell(*earlier.people(), earlier.received())
    world.send()
    world.becomes("referral_received", "delivered", recipient=earlier.physician_id)
    world.query("UPDATE attempts SET started_at = started_at - interval '1 minute'")


def looked_into(world: World, message: Message, times: int) -> Message:
    """Let its time come that often."""
    for _ in range(times):
        world.query("UPDATE messages SET look_at = clock_timestamp() WHERE id = :id", id=message.id)
        assert resolve.resolve_due(world.runtime, world.transports) == 1
    return world.message(message.kind, id=message.id)


def test_what_the_provider_lists_was_sent(world: World, story: Story) -> None:
    message = looked_into(world, an_unknown_text(world, story, "accept_then_500"), 1)
    [text] = world.sandbox.texts()
    assert message.state in ("sent", "delivered")
    assert message.provider_id == text["sid"]


def test_what_is_absent_twice_is_sent_again_and_not_before(world: World, story: Story) -> None:
    message = looked_into(world, an_unknown_text(world, story, "500_not_accepted"), 1)
    assert message.state == "unknown"
    message = looked_into(world, message, 1)
    assert (message.state, message.reason) == ("planned", "absent")
    world.send_all()
    assert len(world.sandbox.texts()) == 1


def test_it_waits_for_the_callback_before_it_asks(world: World, story: Story) -> None:
    an_unknown_text(world, story, "500_not_accepted")
    assert resolve.resolve_due(world.runtime, {}) == 0


def test_a_twin_in_the_same_words_is_not_taken_for_it(world: World, story: Story) -> None:
    message = an_unknown_text(world, story, "500_not_accepted")
    letter = Letter(message.id, new_id(), 0, "text", PATIENT_PHONE, "the same words")
    twin = world.transports["text"].send(letter)
    digest = book_of(world.runtime).hash("the same words")
    world.query("UPDATE attempts SET digest = :digest", digest=digest)
    world.query(
        "INSERT INTO attempts (id, message_id, fence, channel, address, digest, provider_id)"
        " SELECT gen_random_uuid(), message_id, 0, 'text', address, digest, :sid FROM attempts",
        sid=twin.provider_id,
    )
    assert looked_into(world, message, 1).state == "unknown"
    world.query("UPDATE attempts SET provider_id = NULL")
    assert looked_into(world, message, 1).provider_id == twin.provider_id, "without a known twin it would be"


def test_while_the_provider_cannot_be_asked_it_stays_unknown_and_the_desk_knows(world: World, story: Story) -> None:
    message = an_unknown_text(world, story, "accept_then_500")
    nowhere = TwilioTransport(replace(world.settings, twilio_api_url=f"http://127.0.0.1:{free_port()}"))
    world.query("UPDATE messages SET look_at = clock_timestamp() WHERE id = :id", id=message.id)
    resolve.resolve_due(world.runtime, {"text": nowhere})
    assert world.message("series_confirmation").state == "unknown"
    assert world.tasks() == ["unknown_delivery"]
    assert looked_into(world, message, 1).state in ("sent", "delivered")
    assert world.tasks() == [], "the task has settled itself"


def test_a_broken_list_is_not_an_empty_one(world: World, story: Story) -> None:
    message = an_unknown_text(world, story, "accept_then_500")
    world.sandbox.turn(twilio={"list_unavailable": True})
    assert looked_into(world, message, 3).state == "unknown"


def test_what_the_list_says_was_undeliverable_has_failed(world: World, story: Story) -> None:
    world.sandbox.turn(twilio={"outcomes": {PATIENT_PHONE: 30005}})
    message = an_unknown_text(world, story, "accept_then_500")
    eventually(lambda: world.sandbox.texts()[0]["status"] == "undelivered")
    assert looked_into(world, message, 1).state == "failed"
    assert world.tasks() == ["address_wrong"]


def test_an_absent_reminder_past_its_time_expires(world: World, story: Story) -> None:
    message = looked_into(world, an_unknown_text(world, story, "500_not_accepted"), 2)
    world.at(story.starts[-1] + timedelta(hours=1))
    world.look_after()
    assert world.message(message.kind).state == "expired"


def test_the_event_closes_an_unknown_email(world: World, story: Story) -> None:
    an_unknown_email(world, story, "accept_then_500")
    world.becomes("referral_received", "delivered")
    assert len(world.sandbox.emails()) == 1


def test_silence_means_absent_while_all_other_emails_are_reported(world: World, story: Story) -> None:
    an_email_with_its_report(world)
    message = looked_into(world, an_unknown_email(world, story, "500_not_accepted"), 2)
    assert (message.state, message.reason) == ("planned", "absent")
    world.send_all()
    assert len(world.sandbox.emails()) == 2


def test_silence_means_nothing_when_no_report_ever_came(world: World, story: Story) -> None:
    message = looked_into(world, an_unknown_email(world, story, "500_not_accepted"), 2)
    assert message.state == "unknown"


def test_silence_means_nothing_while_another_report_is_missing(world: World, story: Story) -> None:
    an_email_with_its_report(world)
    world.sandbox.turn(sendgrid={"callbacks": "off"})
    silent = Story()
    world.tell(*silent.people(), silent.received())
    world.send()
    world.query("UPDATE attempts SET started_at = started_at - interval '1 minute'")
    message = looked_into(world, an_unknown_email(world, story, "500_not_accepted"), 2)
    assert message.state == "unknown"


def test_an_email_that_nobody_can_tell_about_becomes_the_desks_for_good(world: World, story: Story) -> None:
    message = an_unknown_email(world, story, "500_not_accepted")
    world.query("UPDATE attempts SET started_at = started_at - interval '1 minute'")
    message = looked_into(world, message, 1)
    assert (message.state, message.look_at) == ("unknown", None)
    assert world.tasks() == ["unknown_delivery"]
    an_email_with_its_report(world)
    assert resolve.resolve_due(world.runtime, world.transports) == 0


@pytest.mark.parametrize("fault", ["accept_then_reset", "hang"])
def test_a_lost_answer_of_sendgrid_ends_in_one_email(world: World, story: Story, fault: str) -> None:
    an_unknown_email(world, story, fault, hang_ms=1500)
    world.becomes("referral_received", "delivered")
    world.look_after()
    world.send_all()
    assert len(world.sandbox.emails()) == 1


def test_the_sweep_leaves_those_alone_whose_lease_runs(world: World, story: Story) -> None:
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.query(
        "UPDATE messages SET state = 'sending', leased_until = clock_timestamp() + interval '9 s'"
        " WHERE kind = 'series_confirmation'"
    )
    assert resolve.sweep(world.runtime) == 0
    world.at(NOW + timedelta(days=1))
    assert resolve.sweep(world.runtime) == 0, "a demo's clock ends no lease"
