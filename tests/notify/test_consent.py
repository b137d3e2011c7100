"""Who may be written to, who said so and when: by a referral, a reply, a provider, the desk or a link."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.chassis.ids import new_id
from services.chassis.refusals import NotFound
from services.notify.models import Message
from services.notify.people import consent
from services.notify.people.agreement import standing
from tests.notify.facts import NOW, PATIENT_EMAIL, PATIENT_PHONE, Story
from tests.notify.test_hooks import event, events, status, text_in
from tests.notify.world import World

MINUTE = timedelta(minutes=1)


def says(world: World, story: Story, channel: str, agreed: bool, source: str = "desk", at: datetime = NOW) -> None:
    with world.runtime.sessions.begin() as session:
        consent.set(session, story.patient_id, channel, agreed, source, at)  # type: ignore[arg-type]


def agreed(world: World, story: Story) -> dict[str, tuple[bool, str]]:
    with world.runtime.sessions.begin() as session:
        found = standing(session, {story.patient_id})[story.patient_id]
    return {channel: (one.agreed, one.source) for channel, one in found.items()}


def kept(world: World) -> list[tuple[str, bool, str]]:
    return [tuple(row) for row in world.query("SELECT channel, agreed, source FROM consents ORDER BY id")]


def announced(world: World) -> list[tuple[str, bool, str]]:
    rows = world.query("SELECT body FROM outbox WHERE routing_key = 'notify.consent_changed' ORDER BY id")
    told = [json.loads(body)["data"] for (body,) in rows]
    return [(one["channel"], one["agreed"], one["source"]) for one in told]


def channels(world: World) -> set[str]:
    """Of what will be sent to the patient."""
    return {message.channel for message in world.messages(role="patient", state="planned")}


@pytest.fixture
def known(world: World, story: Story) -> Story:
    world.tell(*story.all_booked())
    return story


def test_what_a_referral_says_is_kept_with_when_it_was_said(world: World, story: Story) -> None:
    signed = NOW - timedelta(days=3)
    world.tell(story.clinic(), story.patient(consented_at=signed, email_consent=False))
    rows = world.query("SELECT channel, agreed, source, at FROM consents ORDER BY channel")
    assert [tuple(row) for row in rows] == [("email", False, "referral", signed), ("text", True, "referral", signed)]
    assert announced(world) == [], "referrals knows"


def test_a_contact_told_again_says_nothing_new(world: World, known: Story) -> None:
    world.tell(known.patient(version=2), known.patient(version=3, language="es"))
    assert len(kept(world)) == 2
    world.tell(known.patient(version=4, text_consent=False))
    assert kept(world)[-1] == ("text", False, "referral")


def test_stop_is_a_word_of_everybody_who_has_the_number(world: World, known: Story) -> None:
    sister = Story()
    world.tell(sister.patient(), *sister.booking())
    text_in(world, "STOP")
    assert [row for row in kept(world) if row[2] == "reply"] == [("text", False, "reply")] * 2
    assert announced(world) == [("text", False, "reply")] * 2
    assert agreed(world, sister)["text"] == (False, "reply")
    assert channels(world) == {"email"}


def test_stop_said_twice_is_one_word_and_start_another(world: World, known: Story) -> None:
    for minute, word in enumerate(("STOP", "Stop.", "START", "start")):
        world.at(NOW + minute * MINUTE)
        text_in(world, word)
    assert announced(world) == [("text", False, "reply"), ("text", True, "reply")]
    assert "text" in channels(world)


def test_a_later_referral_does_not_undo_the_stop_of_its_number(world: World, known: Story) -> None:
    text_in(world, "STOP")
    later = NOW + timedelta(days=2)
    world.at(later)
    world.tell(known.patient(version=2, consented_at=later))
    assert channels(world) == {"email"}
    text_in(world, "START")
    assert "text" in channels(world)


def test_a_later_referral_with_another_number_counts(world: World, known: Story) -> None:
    text_in(world, "STOP")
    world.tell(known.patient(version=2, phone="+12025550142"))
    assert channels(world) == {"email"}, "they said no, whatever the number"
    later = NOW + timedelta(days=2)
    world.at(later)
    world.tell(known.patient(version=3, phone="+12025550142", consented_at=later))
    assert "text" in channels(world)


def test_the_newest_word_counts_whenever_it_becomes_known(world: World, known: Story) -> None:
    says(world, known, "text", False, "desk", NOW)
    says(world, known, "text", True, "link", NOW - MINUTE)
    assert agreed(world, known)["text"] == (False, "desk")
    world.at(NOW + MINUTE)
    says(world, known, "text", True, "link", NOW + MINUTE)
    assert agreed(world, known)["text"] == (True, "link")


def test_a_word_from_the_future_is_of_now(world: World, known: Story) -> None:
    says(world, known, "text", False, "link", NOW + timedelta(days=900))
    world.at(NOW + MINUTE)
    says(world, known, "text", True, "desk", NOW + MINUTE)
    assert agreed(world, known)["text"] == (True, "desk")


def test_the_desks_word_plans_anew_and_is_announced_once(world: World, known: Story) -> None:
    says(world, known, "text", False)
    assert channels(world) == {"email"}
    says(world, known, "email", False)
    assert channels(world) == {"desk"}
    says(world, known, "email", False)
    assert announced(world) == [("text", False, "desk"), ("email", False, "desk")]


def test_the_desk_cannot_open_a_number_that_said_stop(world: World, known: Story) -> None:
    text_in(world, "STOP")
    world.at(NOW + MINUTE)
    says(world, known, "text", True, "desk", NOW + MINUTE)
    assert channels(world) == {"email"}


def test_of_somebody_unknown_nothing_is_kept(world: World) -> None:
    with world.runtime.sessions.begin() as session, pytest.raises(NotFound):
        consent.set(session, new_id(), "text", True, "desk", NOW)
    assert kept(world) == []


def test_a_number_that_twilio_refuses_because_it_opted_out_has_said_no(world: World, story: Story) -> None:
    world.sandbox.turn(twilio={"callbacks": "off"})
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.send()
    text = world.message("series_confirmation", channel="text")
    assert status(world, text, "failed", ErrorCode="21610") == 204
    assert agreed(world, story)["text"] == (False, "provider")
    assert announced(world) == [("text", False, "provider")]
    assert channels(world) == {"email"}


@pytest.fixture
def mailed(world: World, story: Story) -> Message:
    """A patient who is e-mailed."""
    world.sandbox.turn(sendgrid={"callbacks": "off"})
    world.tell(story.clinic(), story.patient(text_consent=False), *story.booking())
    world.send()
    return world.message("series_confirmation")


@pytest.mark.parametrize("kind", ["unsubscribe", "group_unsubscribe", "spamreport"])
def test_who_unsubscribes_at_sendgrid_is_not_e_mailed(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace, kind: str
) -> None:
    events(world, keys.events, event(mailed, kind, PATIENT_EMAIL, int(time.time())))
    world.plan_anew()
    assert agreed(world, story)["email"] == (False, "provider")
    assert channels(world) == {"desk"}


def test_who_subscribes_again_is_e_mailed_again(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace
) -> None:
    stamp = int(time.time())
    for at, kind in enumerate(("group_unsubscribe", "group_resubscribe")):
        world.at(NOW + at * MINUTE)
        events(world, keys.events, event(mailed, kind, PATIENT_EMAIL, stamp + at))
    world.plan_anew()
    assert announced(world) == [("email", False, "provider"), ("email", True, "provider")]
    assert channels(world) == {"email"}


def test_an_unsubscription_counts_whatever_it_was_about(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace
) -> None:
    """From a preferences page of SendGrid's, of no message of ours."""
    told: dict[str, Any] = {"event": "unsubscribe", "email": PATIENT_EMAIL.upper(), "timestamp": int(time.time())}
    events(world, keys.events, told)
    assert agreed(world, story)["email"] == (False, "provider")


def test_what_sendgrid_drops_because_of_it_is_no_wrong_address(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace
) -> None:
    dropped = {**event(mailed, "dropped", PATIENT_EMAIL), "reason": "Unsubscribed Address"}
    events(world, keys.events, dropped)
    assert world.query("SELECT reason FROM blocks") == [("opted_out",)]
    assert "address_wrong" not in world.tasks()


def test_an_unsubscription_told_late_does_not_undo_what_was_said_since(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace
) -> None:
    says(world, story, "email", False, "desk", NOW - MINUTE)
    says(world, story, "email", True, "link", NOW)
    events(world, keys.events, event(mailed, "unsubscribe", PATIENT_EMAIL, int(time.time()) - 3600))
    assert agreed(world, story)["email"] == (True, "link")


def test_a_yes_by_the_link_opens_an_e_mail_address_that_was_unsubscribed(
    world: World, story: Story, mailed: Message, keys: SimpleNamespace
) -> None:
    events(world, keys.events, event(mailed, "unsubscribe", PATIENT_EMAIL, int(time.time())))
    world.at(NOW + MINUTE)
    says(world, story, "email", True, "link", NOW + MINUTE)
    assert channels(world) == {"email"}


@pytest.mark.parametrize("words", ["please don't text me", "no me envíen más mensajes", "Stop texting me!"])
def test_free_words_end_all_texts_and_are_confirmed_exactly_once(world: World, known: Story, words: str) -> None:
    for minute in range(3):
        world.at(NOW + minute * MINUTE)
        text_in(world, words)
        world.send_all()
    sent = [text["body"] for text in world.sandbox.texts(to=PATIENT_PHONE)]
    assert len([body for body in sent if "no more texts" in body]) == 1
    assert world.query("SELECT channel, reason, source FROM blocks") == [("text", "opted_out", "reply")]
    assert channels(world) == {"email"}
    assert world.tasks() == []


def test_the_confirmation_is_sent_beyond_the_days_cap(world: World, known: Story) -> None:
    world.send_all()
    world.query(
        "INSERT INTO messages (id, subject_id, kind, channel, recipient, role, patient_id, referral_id, zone, state,"
        " due_at, ready_at, send_before, sent_at) SELECT gen_random_uuid(), gen_random_uuid(), kind, channel,"
        " recipient, role, patient_id, referral_id, zone, 'sent', due_at, ready_at, send_before, fascia_now()"
        " FROM messages, generate_series(1, 5) WHERE kind = 'series_confirmation'"
    )
    text_in(world, "don't text me anymore")
    world.send_all()
    assert world.message("opted_out").state in ("sent", "delivered")


def test_stop_is_confirmed_by_twilio_and_never_by_us(world: World, known: Story) -> None:
    text_in(world, "STOP")
    text_in(world, "stop texting me")
    assert world.messages(kind="opted_out") == []


def test_a_family_that_shares_a_number_gets_one_confirmation(world: World, known: Story) -> None:
    sister = Story()
    world.tell(sister.patient(), *sister.booking())
    text_in(world, "quit texting us")
    assert len(world.messages(kind="opted_out")) == 1


def test_at_night_nothing_is_confirmed(world: World, known: Story) -> None:
    world.at(NOW + timedelta(hours=12))
    text_in(world, "no more texts")
    world.at(NOW + timedelta(hours=24))
    world.send_all()
    assert [message for message in world.messages(kind="opted_out") if message.sent_at] == []


def test_what_stands_beside_a_revocation_is_read_by_a_person(world: World, known: Story) -> None:
    text_in(world, "Stop texting me. And I want to talk to Dr. Reyes about my shoulder.")
    assert world.tasks() == ["read_reply"]


def test_a_number_of_nobody_is_closed_without_an_answer(world: World, known: Story) -> None:
    text_in(world, "wrong number", sender="+12025550999")
    world.send_all()
    assert world.query("SELECT count(*) FROM blocks") == [(1,)]
    assert world.messages(kind="opted_out") == []


def test_what_is_kept_of_consent_names_nobody(world: World, known: Story) -> None:
    text_in(world, "STOP")
    rows = str(world.query("SELECT body FROM outbox WHERE routing_key = 'notify.consent_changed'"))
    assert PATIENT_PHONE not in rows
    assert PATIENT_EMAIL not in rows
