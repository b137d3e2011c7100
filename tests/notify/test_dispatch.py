"""Sending: due, once, by who holds the fence, and by the answer's meaning."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notify.sending import claim, dispatch, resolve
from services.notify.sending.dispatch import dispatch_due
from services.notify.transports.answer import Answer, Letter, Meaning
from services.notify.transports.twilio import TwilioTransport
from tests.notify.crash import UNHURRIED, dispatcher_dies, leases_end
from tests.notify.facts import CLINIC_NUMBER, NOW, PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.world import World, eventually, free_port


class Scripted:
    """A way out that gives the answers it was told to, and notes what it was asked to send."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.sent = list(answers), list[Letter]()

    def send(self, letter: Letter) -> Answer:
        self.sent.append(letter)
        return self.answers.pop(0) if self.answers else Answer(Meaning.SENT, f"SM{len(self.sent)}")

    def find(self, trace: Any) -> Answer | None:
        return Answer(Meaning.UNKNOWN, code="no_list")


def a_confirmation(world: World, story: Story) -> None:
    """One text that is due, and nothing else."""
    world.tell(story.clinic(), story.patient(), *story.booking())


def send_by(world: World, way_out: Any) -> int:
    return dispatch_due(world.runtime, {"text": way_out, "email": way_out})


def test_what_is_due_reaches_the_phone_and_the_inbox(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    [text] = world.sandbox.texts()
    assert (text["to"], text["from"], text["segments"]) == (PATIENT_PHONE, CLINIC_NUMBER, 1)
    assert text["body"].startswith("Harbor Massage: your 3 visits are booked, first Sun Mar 7, 10:00 AM.")
    mails = world.sandbox.emails()
    subjects = {"Referral R-2027-0042: received", "Referral R-2027-0042: visits booked"}
    assert {mail["subject"] for mail in mails} == subjects
    assert {address for mail in mails for address in mail["to"]} == {PHYSICIAN_EMAIL}
    assert world.becomes("series_confirmation", "delivered").provider_id == text["sid"]
    world.becomes("referral_received", "delivered")


def test_what_is_not_due_waits(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.send_all()
    assert {m.state for m in world.messages() if m.kind.startswith("reminder")} == {"planned"}
    world.at(story.starts[0] - timedelta(minutes=119))
    world.send_all()
    assert world.message("reminder_120", session_id=story.sessions[0]).state in ("sent", "delivered")


def test_texts_wait_out_the_night_and_e_mails_do_not(world: World, story: Story) -> None:
    night = NOW.replace(hour=3) + timedelta(days=1)
    world.tell(*story.people(), story.received(night), *story.booking())
    world.at(night)
    world.send_all()
    assert world.message("series_confirmation").state == "planned"
    assert world.message("referral_received").attempts == 1


def test_past_its_time_a_reminder_expires_and_is_never_late(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    world.at(story.starts[0] - timedelta(hours=23))
    world.send_all()
    resolve.expire(world.runtime)
    reminder = world.message("reminder_2880", session_id=story.sessions[0])
    assert (reminder.state, reminder.attempts) == ("expired", 0)


def test_the_intent_is_committed_before_the_provider_is_called(world: World, story: Story) -> None:
    a_confirmation(world, story)

    class Looking(Scripted):
        def send(self, letter: Letter) -> Answer:
            seen.extend(world.query("SELECT state, fence FROM messages WHERE kind = 'series_confirmation'"))
            seen.extend(world.query("SELECT outcome FROM attempts WHERE id = :id", id=letter.attempt_id))
            return super().send(letter)

    seen: list[Any] = []
    send_by(world, Looking())
    assert [tuple(row) for row in seen] == [("sending", 1), (None,)]


@pytest.mark.parametrize("when", ["before_call", "after_call"])
def test_a_dispatcher_killed_in_the_middle_sends_exactly_one_text(world: World, story: Story, when: str) -> None:
    a_confirmation(world, story)
    world.sandbox.turn(twilio={"callbacks": "off"})
    dispatcher_dies(replace(world.settings, **UNHURRIED), when)
    assert world.message("series_confirmation").state == "sending"
    leases_end(world)

    def settled() -> bool:
        world.look_after()
        world.send()
        return world.message("series_confirmation").state in ("sent", "delivered")

    eventually(settled, 20)
    assert len(world.sandbox.texts()) == 1


def test_a_callback_closes_what_a_killed_dispatcher_left_behind(world: World, story: Story) -> None:
    a_confirmation(world, story)
    dispatcher_dies(replace(world.settings, **UNHURRIED), "after_call")
    assert world.becomes("series_confirmation", "delivered").provider_id == world.sandbox.texts()[0]["sid"]


def test_a_result_that_comes_after_the_lease_is_refused(world: World, story: Story) -> None:
    a_confirmation(world, story)

    class Frozen(Scripted):
        def send(self, letter: Letter) -> Answer:
            world.query("UPDATE messages SET leased_until = now() - interval '1 s' WHERE state = 'sending'")
            assert resolve.sweep(world.runtime) == 1
            return super().send(letter)

    send_by(world, Frozen())
    message = world.message("series_confirmation")
    assert (message.state, message.fence, message.provider_id) == ("unknown", 2, None)
    assert world.query("SELECT provider_id FROM attempts") == [("SM1",)], "the attempt knows"
    eventually(lambda: world.look_after() or world.message("series_confirmation").state == "sent")
    assert world.message("series_confirmation").provider_id == "SM1"


def test_a_result_under_an_old_fence_is_refused_while_another_sends(world: World, story: Story) -> None:
    a_confirmation(world, story)

    class Overtaken(Scripted):
        def send(self, letter: Letter) -> Answer:
            world.query("UPDATE messages SET state = 'planned' WHERE state = 'sending'")
            claim.claim(world.runtime, world.settings, {"text": 1, "email": 1, "desk": 1})
            return super().send(letter)

    send_by(world, Overtaken())
    message = world.message("series_confirmation")
    assert (message.state, message.fence, message.provider_id) == ("sending", 2, None)


def test_a_dispatcher_that_slept_through_its_lease_does_not_call_the_provider(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_confirmation(world, story)
    times = iter([0.0, world.settings.lease])
    monkeypatch.setattr(dispatch.time, "monotonic", lambda: next(times, world.settings.lease))
    way_out = Scripted()
    send_by(world, way_out)
    assert way_out.sent == []
    message = world.message("series_confirmation")
    assert (message.state, message.reason) == ("planned", "retry:not_called")


def test_many_dispatchers_send_each_message_once(world: World) -> None:
    for _ in range(8):
        world.tell(*Story().all_booked())
    way_out = Scripted()
    with ThreadPoolExecutor(8) as dispatchers:
        list(dispatchers.map(lambda _: dispatch_due(world.runtime, {"text": way_out, "email": way_out}, 3), range(24)))
    due = {m.id for m in world.messages() if m.state != "superseded" and m.due_at <= NOW + timedelta(minutes=4)}
    assert sorted(letter.message_id for letter in way_out.sent) == sorted(due)


def test_a_visit_cancelled_before_the_claim_is_not_reminded_of(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.completed(1, at=NOW))
    world.at(story.starts[0] - timedelta(minutes=100))
    world.send_all()
    assert world.messages(kind="reminder_120", session_id=story.sessions[0])[0].state == "superseded"


@pytest.mark.parametrize("fault", ["429", "reset_before"])
def test_faults_before_acceptance_end_in_one_text(world: World, story: Story, fault: str) -> None:
    a_confirmation(world, story)
    world.sandbox.turn(twilio={"next": [fault]})
    _until_delivered(world)


@pytest.mark.parametrize("fault", ["accept_then_500", "accept_then_reset", "hang"])
@pytest.mark.parametrize("callbacks", ["on", "off"])
def test_faults_after_acceptance_end_in_one_text(world: World, story: Story, fault: str, callbacks: str) -> None:
    a_confirmation(world, story)
    world.sandbox.turn(twilio={"next": [fault], "hang_ms": 1500, "callbacks": callbacks})
    _until_delivered(world)


def _until_delivered(world: World) -> None:
    def delivered() -> bool:
        world.plan_anew()
        world.query("UPDATE messages SET ready_at = due_at WHERE state = 'planned' AND attempts > 0")
        world.send()
        world.look_after()
        return world.message("series_confirmation").state in ("sent", "delivered")

    eventually(delivered, 20)
    assert len(world.sandbox.texts()) == 1


def test_a_refused_connection_is_tried_again_later(world: World, story: Story) -> None:
    a_confirmation(world, story)
    nowhere = replace(world.settings, twilio_api_url=f"http://127.0.0.1:{free_port()}")
    send_by(world, TwilioTransport(nowhere))
    message = world.message("series_confirmation")
    assert message.state == "planned"
    assert (message.reason or "").startswith("retry:")
    assert message.ready_at > message.due_at


@pytest.mark.parametrize(
    ("meaning", "state", "tasks"),
    [
        (Meaning.RETRY, "planned", []),
        (Meaning.LATER, "planned", []),
        (Meaning.CONFIGURATION, "planned", ["channel_stopped"]),
        (Meaning.UNKNOWN, "unknown", []),
        (Meaning.UNREACHABLE, "planned", []),
        (Meaning.CONTENT, "failed", ["not_delivered"]),
        (Meaning.WRONG_ADDRESS, "failed", ["address_wrong"]),
        (Meaning.OPTED_OUT, "failed", []),
    ],
)
def test_each_failure_has_its_consequence(
    world: World, story: Story, meaning: Meaning, state: str, tasks: list[str]
) -> None:
    a_confirmation(world, story)
    send_by(world, Scripted(Answer(meaning, code="1")))
    assert world.message("series_confirmation", channel="text").state == state
    assert world.tasks() == tasks


@pytest.mark.parametrize("meaning", [Meaning.WRONG_ADDRESS, Meaning.OPTED_OUT])
def test_a_number_that_will_not_do_is_replaced_by_e_mail(world: World, story: Story, meaning: Meaning) -> None:
    a_confirmation(world, story)
    send_by(world, Scripted(Answer(meaning, code="1")))
    assert {m.channel for m in world.messages(state="planned")} == {"email"}
    assert world.message("series_confirmation", channel="email").state == "planned"


def test_a_patient_without_any_channel_is_called_by_the_desk(world: World, story: Story) -> None:
    world.tell(story.clinic(), story.patient(text_consent=False, email_consent=False), *story.booking())
    world.send_all()
    assert world.tasks() == ["call_patient"]
    assert world.message("series_confirmation").state == "sent"


def test_a_physician_without_e_mail_gets_a_fax_from_the_desk(world: World, story: Story) -> None:
    world.tell(story.clinic(), story.physician(email=None), story.received())
    world.send_all()
    assert world.tasks() == ["send_by_fax"]


def test_one_message_that_cannot_be_written_does_not_hold_up_the_others(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tell(*story.all_booked())
    written = claim.compose.words.text_message

    def broken(*_: object) -> str:
        raise RuntimeError("no words")

    monkeypatch.setattr(claim.compose.words, "text_message", broken)
    world.send_all()
    assert world.message("series_confirmation").state == "failed"
    assert world.message("series_booked").attempts == 1
    assert written is not broken


def test_the_claim_is_found_by_its_index(world: World) -> None:
    world.query("SET LOCAL enable_seqscan = on")
    world.query(
        "INSERT INTO messages (id, subject_id, kind, channel, recipient, role, patient_id, referral_id,"
        " zone, due_at, ready_at, send_before)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'reminder_120', 'text', gen_random_uuid(), 'patient',"
        "  gen_random_uuid(), gen_random_uuid(), 'America/New_York', at, at, at + interval '1 hour'"
        " FROM (SELECT fascia_now() + n * interval '1 minute' AS at FROM generate_series(1, 20000) n) AS times"
    )
    world.query("ANALYZE messages")
    asked = str(claim._CLAIM).replace(":channels", "'{text,email}'").replace(":rooms", "'{16,16}'")
    asked = asked.replace(":zones", "'{America/New_York,America/New_York}'").replace(":lease", "60")
    plan = "\n".join(row[0] for row in world.query(f"EXPLAIN {asked}".replace("=> 60", "=> 60.0")))
    assert "Index Scan using messages_ready" in plan
    assert "Seq Scan on messages" not in plan
