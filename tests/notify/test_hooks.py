"""What the providers tell: only with their signature, in any order, any number of times."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import permutations
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import requests
from sqlalchemy import event as listening
from sqlalchemy.orm import Session
from twilio.request_validator import HMAC_SHA256, RequestValidator

from services.notify.models import Message
from services.notify.planning import replan
from services.notify.sending import compose, following, settle
from services.notify.transports.answer import Answer
from services.sandbox.signing import EventKey
from tests.notify.facts import NOW, PATIENT_PHONE, PHYSICIAN_EMAIL, Story
from tests.notify.world import World, eventually


def post_twilio(world: World, path: str, token: str | None = None, algorithm: str | None = None, **form: str) -> int:
    url = world.settings.public_url + path
    validator = RequestValidator(token or world.settings.twilio_auth_token)
    headers = {"X-Twilio-Signature": validator.compute_signature(url, form, algorithm)}
    if algorithm:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=k,algorithm={algorithm}"
    return requests.post(url, data=form, headers=headers, timeout=10).status_code


def status(world: World, message: Message, state: str, **form: str) -> int:
    """And the worker does what follows from it."""
    answer = status_only(world, message, state, **form)
    world.follow()
    return answer


def status_only(world: World, message: Message, state: str, **form: str) -> int:
    form = {"MessageSid": "SM1", "MessageStatus": state, "To": PATIENT_PHONE, **form}
    return post_twilio(world, f"/hooks/twilio/status/{message.attempt_id}", **form)


def text_in(world: World, body: str, sid: str | None = None, sender: str = PATIENT_PHONE, **form: str) -> None:
    """And the worker plans what follows from it."""
    hook_only(world, body, sid, sender, **form)
    world.plan_anew()


def hook_only(world: World, body: str, sid: str | None = None, sender: str = PATIENT_PHONE, **form: str) -> None:
    form = {"MessageSid": sid or f"SM{uuid4().hex}", "From": sender, "Body": body, **form}
    assert post_twilio(world, "/hooks/twilio/inbound", **form) == 200


def events(world: World, key: EventKey, *told: dict[str, Any], at: float | None = None, **headers: str | bytes) -> int:
    """And the worker does what follows from them."""
    answer = signed_events(world, key, json.dumps(told).encode(), at, **headers)
    world.follow()
    return answer


def events_only(world: World, key: EventKey, *told: dict[str, Any]) -> int:
    return signed_events(world, key, json.dumps(told).encode())


def signed_events(world: World, key: EventKey, body: bytes, at: float | None = None, **headers: str | bytes) -> int:
    stamp = str(int(at or time.time()))
    signed = {
        "X-Twilio-Email-Event-Webhook-Signature": key.sign(stamp, body),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
    }
    url = f"{world.settings.public_url}/hooks/sendgrid/events"
    return requests.post(url, data=body, headers=signed | headers, timeout=10).status_code


def event(message: Message, kind: str, email: str = PHYSICIAN_EMAIL, timestamp: int = 1) -> dict[str, Any]:
    return {
        "event": kind, "email": email, "timestamp": timestamp, "sg_message_id": "abc.recvd-1",
        "sg_event_id": str(uuid4()), "attempt_id": str(message.attempt_id),
    }  # fmt: skip


@pytest.fixture
def text(world: World, story: Story) -> Message:
    """A confirmation that was sent; the stand-in says nothing more about it."""
    world.sandbox.turn(twilio={"callbacks": "off"})
    world.tell(story.clinic(), story.patient(), *story.booking())
    world.send()
    return world.message("series_confirmation")


@pytest.fixture
def email(world: World, story: Story) -> Message:
    world.sandbox.turn(sendgrid={"callbacks": "off"})
    world.tell(*story.people(), story.received())
    world.send()
    return world.message("referral_received")


def state_of(world: World, message: Message) -> str:
    [found] = world.messages(id=message.id)
    return found.state


def test_a_status_counts(world: World, text: Message) -> None:
    assert status(world, text, "delivered") == 204
    assert state_of(world, text) == "delivered"


def test_a_status_signed_with_sha256_counts(world: World, text: Message) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    path = f"/hooks/twilio/status/{text.attempt_id}"
    assert post_twilio(world, path, algorithm=HMAC_SHA256, **form) == 204
    assert state_of(world, text) == "delivered"


@pytest.mark.parametrize("path", ["/hooks/twilio/status/x", "/hooks/twilio/inbound"])
def test_a_twilio_webhook_without_its_signature_is_refused(world: World, path: str) -> None:
    assert post_twilio(world, path, token="another", MessageSid="SM1", From=PATIENT_PHONE, Body="STOP") == 403
    assert requests.post(world.settings.public_url + path, timeout=10).status_code == 403
    assert world.query("SELECT 1 FROM replies UNION ALL SELECT 1 FROM callbacks") == []


def test_the_signature_is_of_the_public_url_and_not_of_a_clients_header(world: World) -> None:
    path = "/hooks/twilio/inbound"
    forged = RequestValidator(world.settings.twilio_auth_token).compute_signature(f"http://evil.example{path}", {})
    headers = {"X-Twilio-Signature": forged, "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert requests.post(world.settings.public_url + path, headers=headers, timeout=10).status_code == 403


def test_an_unknown_attempt_is_answered_and_changes_nothing(world: World, text: Message) -> None:
    for unknown in (str(uuid4()), "no-uuid"):
        form = {"MessageSid": "SM1", "MessageStatus": "failed"}
        assert post_twilio(world, f"/hooks/twilio/status/{unknown}", **form) == 204
    assert state_of(world, text) == "sent"


def test_statuses_only_move_forward(world: World, text: Message) -> None:
    for state in ("delivered", "sent", "queued", "delivered", "undelivered"):
        status(world, text, state)
    assert state_of(world, text) == "delivered"


def test_a_callback_may_overtake_the_answer(world: World, text: Message) -> None:
    world.query("UPDATE messages SET state = 'sending', provider_id = NULL WHERE id = :id", id=text.id)
    status(world, text, "sent")
    [message] = world.messages(id=text.id)
    assert (message.state, message.provider_id) == ("sent", "SM1")


def test_the_same_callback_twice_is_kept_once(world: World, text: Message) -> None:
    status(world, text, "sent")
    status(world, text, "sent")
    assert world.query("SELECT count(*) FROM callbacks") == [(1,)]


def test_a_wrong_number_told_later_is_blocked_and_e_mailed_instead(world: World, text: Message) -> None:
    status(world, text, "undelivered", ErrorCode="30005")
    assert state_of(world, text) == "failed"
    assert world.tasks() == ["address_wrong"]
    assert {m.channel for m in world.messages(state="planned")} == {"email"}


def test_a_carriers_passing_failure_is_tried_again(world: World, text: Message) -> None:
    status(world, text, "failed", ErrorCode="30001")
    assert state_of(world, text) == "planned"


def test_a_word_about_an_older_attempt_changes_nothing(world: World, text: Message) -> None:
    world.query("UPDATE messages SET attempt_id = gen_random_uuid() WHERE id = :id", id=text.id)
    status(world, text, "undelivered", ErrorCode="30005")
    assert state_of(world, text) == "sent"


def test_an_email_is_delivered(world: World, email: Message, keys: SimpleNamespace) -> None:
    assert events(world, keys.events, event(email, "processed"), event(email, "delivered")) == 204
    assert state_of(world, email) == "delivered"


def test_a_bounce_even_after_delivery_sends_the_desk_to_the_fax(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    events(world, keys.events, event(email, "delivered"), event(email, "bounce"))
    assert state_of(world, email) == "failed"
    world.send_all()
    assert world.tasks() == ["send_by_fax"]


def test_a_complaint_after_delivery_stops_further_emails(world: World, email: Message, keys: SimpleNamespace) -> None:
    events(world, keys.events, event(email, "delivered"), event(email, "spamreport"))
    assert state_of(world, email) == "delivered"
    assert world.query("SELECT channel, reason FROM blocks") == [("email", "opted_out")]


def test_an_event_told_again_under_another_id_is_kept_once(world: World, email: Message, keys: SimpleNamespace) -> None:
    for _ in range(2):
        events(world, keys.events, event(email, "delivered"))
    assert world.query("SELECT count(*) FROM callbacks") == [(1,)]


def test_events_that_are_not_ours_are_answered(world: World, email: Message, keys: SimpleNamespace) -> None:
    foreign = {"event": "bounce", "email": "x@y.example", "timestamp": 1, "sg_message_id": "z"}
    assert events(world, keys.events, foreign, {"event": "group_resubscribe"}, {}) == 204
    assert state_of(world, email) == "sent"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Twilio-Email-Event-Webhook-Signature": "not base64!"},
        {"X-Twilio-Email-Event-Webhook-Signature": ""},
        {"X-Twilio-Email-Event-Webhook-Timestamp": "yesterday"},
        {"X-Twilio-Email-Event-Webhook-Timestamp": "1"},
    ],
)
def test_a_badly_signed_event_is_refused(
    world: World, email: Message, keys: SimpleNamespace, headers: dict[str, str]
) -> None:
    assert events(world, keys.events, event(email, "delivered"), **headers) == 403


def test_another_key_or_a_stale_time_is_refused(world: World, email: Message, keys: SimpleNamespace) -> None:
    assert events(world, EventKey(), event(email, "delivered")) == 403
    assert events(world, keys.events, event(email, "delivered"), at=time.time() - 601) == 403
    assert state_of(world, email) == "sent"


def reminded(world: World, story: Story, *numbers: int) -> None:
    """Their visits' last reminders went out, the last one ten minutes ago."""
    world.tell(*story.all_booked())
    for number in numbers:
        world.at(story.starts[number - 1] - timedelta(minutes=110))
        world.send_all()
    world.at(story.starts[numbers[-1] - 1] - timedelta(minutes=100))


def confirmed(world: World) -> list[str]:
    bodies = world.query("SELECT body FROM outbox WHERE routing_key = 'notify.patient_replied' ORDER BY id")
    return [json.loads(body)["data"]["session_id"] for (body,) in bodies]


@pytest.mark.parametrize("word", ["C", "c", " C. ", "yes", "Yes!"])
def test_c_confirms_the_visit_that_was_reminded_of(world: World, story: Story, word: str) -> None:
    reminded(world, story, 1)
    text_in(world, word)
    assert confirmed(world) == [str(story.sessions[0])]
    assert world.tasks() == []


def test_c_from_the_phone_goes_all_the_way(world: World, story: Story) -> None:
    reminded(world, story, 1)
    world.sandbox.reply(PATIENT_PHONE, body="C", repeat=2)
    eventually(lambda: confirmed(world))
    assert confirmed(world) == [str(story.sessions[0])]


def test_a_text_delivered_twice_confirms_once(world: World, story: Story) -> None:
    reminded(world, story, 1)
    text_in(world, "C", sid="SM7")
    text_in(world, "C", sid="SM7")
    assert len(confirmed(world)) == 1


def test_c_confirms_the_visit_reminded_of_last_and_a_second_c_the_other(world: World, story: Story) -> None:
    story.starts = (story.starts[0], story.starts[0] + timedelta(days=1), story.starts[2])
    world.tell(*story.all_booked())
    for number in (1, 2):
        world.at(story.starts[number - 1] - timedelta(hours=47))
        world.send_all()
    world.at(story.starts[1] - timedelta(hours=46))
    text_in(world, "C")
    text_in(world, "C")
    assert confirmed(world) == [str(story.sessions[1]), str(story.sessions[0])]


def test_c_to_a_reminder_of_two_visits_confirms_both_once(world: World, story: Story) -> None:
    story.starts = (story.starts[0], story.starts[0] + timedelta(hours=1), story.starts[2])
    reminded(world, story, 1)
    text_in(world, "C")
    text_in(world, "C")
    assert confirmed(world) == [str(id_) for id_ in story.sessions[:2]]
    assert world.tasks() == []


def test_a_second_c_with_nothing_left_to_confirm_bothers_nobody(world: World, story: Story) -> None:
    reminded(world, story, 1)
    text_in(world, "C")
    world.tell(story.confirmed(1))
    text_in(world, "C")
    assert len(confirmed(world)) == 1
    assert world.tasks() == []


def test_c_before_any_reminder_is_for_the_desk(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "C")
    assert confirmed(world) == []
    assert world.tasks() == ["read_reply"]


@pytest.mark.parametrize("word", ["STOP", "stop", "Unsubscribe", "quit"])
def test_stop_ends_all_texts(world: World, story: Story, word: str) -> None:
    world.tell(*story.all_booked())
    text_in(world, word)
    assert [m for m in world.messages(channel="text") if m.state == "planned"] == []
    assert len(world.messages(channel="email", role="patient", state="planned")) == 7


def test_stop_is_of_the_number_and_so_of_everybody_who_shares_it(world: World, story: Story) -> None:
    sister = Story()
    world.tell(*story.all_booked(), sister.patient(), *sister.booking())
    text_in(world, "STOP")
    assert world.messages(channel="text", state="planned") == []


def test_start_brings_the_texts_back(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "STOP")
    text_in(world, "START")
    assert len(world.messages(channel="text", state="planned")) == 7


def test_yes_after_stop_means_start_as_it_does_for_twilio(world: World, story: Story) -> None:
    reminded(world, story, 1)
    text_in(world, "STOP")
    text_in(world, "YES")
    assert confirmed(world) == []
    assert world.query("SELECT count(*) FROM blocks") == [(0,)]


def test_cancel_ends_all_texts_and_asks_the_desk_what_was_meant(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "CANCEL")
    assert world.tasks() == ["cancel_meant"]
    assert world.messages(channel="text", state="planned") == []


def test_what_twilio_took_for_stop_is_stop(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "arret", OptOutType="STOP")
    assert world.query("SELECT reason FROM blocks") == [("opted_out",)]


def test_help_is_answered_by_twilio_alone(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    text_in(world, "HELP")
    assert world.tasks() == []


@pytest.mark.parametrize("sender", [PATIENT_PHONE, "+12025550999"])
def test_anything_else_is_for_the_desk(world: World, story: Story, sender: str) -> None:
    world.tell(*story.all_booked())
    text_in(world, "Can I bring my dog?", sender=sender)
    assert world.tasks() == ["read_reply"]


def test_a_reminder_already_answered_is_not_asked_again(world: World, story: Story) -> None:
    world.tell(*story.all_booked(), story.confirmed(1))
    world.at(story.starts[0] - timedelta(minutes=119))
    world.send_all()
    body = world.sandbox.texts()[0]["body"]
    assert "Sun Mar 7" in body
    assert "Reply C" not in body
    assert story.starts[0] > NOW


@pytest.mark.parametrize(
    "odd",
    [
        {"MessageStatus": "failed", "ErrorCode": "²"},
        {"MessageStatus": "failed", "ErrorCode": "9" * 5000},
        {"MessageStatus": "se\x00nt"},
        {"MessageStatus": "sent", "MessageSid": "S\x00M"},
    ],
)
def test_a_status_with_odd_characters_is_answered(world: World, text: Message, odd: dict[str, str]) -> None:
    assert status(world, text, **{"state": odd["MessageStatus"], **odd}) == 204


def test_a_text_that_came_in_with_odd_characters_is_kept(world: World, story: Story) -> None:
    text_in(world, "a\x00b", sid="S\x00M")
    assert world.tasks() == ["read_reply"]


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800", {}, None])
def test_an_event_with_odd_characters_does_not_hold_up_the_others(
    world: World, email: Message, keys: SimpleNamespace, odd: Any
) -> None:
    broken = {**event(email, "processed"), "sg_message_id": odd, "email": odd}
    assert events(world, keys.events, broken, event(email, "delivered")) == 204
    assert state_of(world, email) == "delivered"


@pytest.mark.parametrize("body", [b"[" * 100_000, b"9" * 5000, b"\xff", b"{}", b"null"])
def test_what_is_no_list_of_events_is_answered(world: World, keys: SimpleNamespace, body: bytes) -> None:
    assert signed_events(world, keys.events, body) == 204


@pytest.mark.parametrize("stamp", ["9" * 5000, "²", "-1", ""])
def test_a_time_that_is_none_is_refused(world: World, email: Message, keys: SimpleNamespace, stamp: str) -> None:
    header = {"X-Twilio-Email-Event-Webhook-Timestamp": stamp.encode("latin-1")}
    assert events(world, keys.events, event(email, "delivered"), **header) == 403


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    listening.listen(world.runtime.engine, "before_cursor_execute", listen)
    yield said
    listening.remove(world.runtime.engine, "before_cursor_execute", listen)


def test_a_status_costs_few_statements(world: World, text: Message) -> None:
    for state in ("sent", "delivered", "delivered", "undelivered"):
        with statements(world) as said:
            status_only(world, text, state, ErrorCode="30005" if state == "undelivered" else "")
        assert len(said) <= 8, said


@pytest.mark.parametrize("word", ["C", "thanks", "HELP", "X", "R", "STOP", "stop texting me", "What?"])
def test_a_text_costs_few_statements(world: World, story: Story, word: str) -> None:
    world.sandbox.turn(twilio={"callbacks": "off"}, sendgrid={"callbacks": "off"})
    reminded(world, story, 1)
    with statements(world) as said:
        hook_only(world, word)
    assert len(said) <= 24, said


def told_about(world: World, visit: datetime) -> list[Any]:
    """The channels on which it was."""
    sent = "SELECT channel FROM messages WHERE starts_at = :at AND state IN ('sent', 'delivered')"
    return world.query(sent, at=visit)


@pytest.mark.parametrize("word", ["STOP", "stop texting me", "CANCEL"])
def test_no_text_leaves_between_a_stop_and_its_planning(world: World, story: Story, word: str) -> None:
    reminded(world, story, 1)
    world.at(story.starts[1] - timedelta(hours=47))
    before = len(world.sandbox.texts())
    hook_only(world, word)
    assert world.send() == 0
    world.plan_anew()
    world.send_all()
    assert [one["body"] for one in world.sandbox.texts()[before:] if "Reply" in one["body"]] == []
    assert told_about(world, story.starts[1]) == [("email",)]


def test_a_stop_while_a_text_is_being_written_sends_it_by_email_and_asks_nobody(world: World, story: Story) -> None:
    reminded(world, story, 1)
    world.at(story.starts[1] - timedelta(hours=47))
    before = len(world.sandbox.texts())
    letters = compose.letters

    def meanwhile(*args: Any) -> Any:
        hook_only(world, "STOP")
        return letters(*args)

    with patch.object(compose, "letters", meanwhile):
        world.send()
    world.plan_anew()
    world.send_all()
    assert len(world.sandbox.texts()) == before
    assert world.tasks() == []
    assert told_about(world, story.starts[1]) == [("email",)]


def test_what_a_patient_said_is_planned_before_a_new_policy(world: World, story: Story) -> None:
    reminded(world, story, 1)
    world.query("INSERT INTO replans (referral_id) SELECT gen_random_uuid() FROM generate_series(1, 100)")
    hook_only(world, "STOP")
    assert replan.some(world.runtime) == 1
    assert world.messages(channel="text", state="planned", session_id=story.sessions[1]) == []


def fifty_mails(world: World) -> list[Message]:
    world.sandbox.turn(twilio={"callbacks": "off"}, sendgrid={"callbacks": "off"})
    stories = [Story() for _ in range(50)]
    world.tell(
        stories[0].clinic(), *(told for one in stories for told in (one.physician(), one.patient(), one.received()))
    )
    world.send_all()
    return world.messages(kind="referral_received")


def test_a_hundred_events_cost_few_statements(world: World, keys: SimpleNamespace) -> None:
    mails = fifty_mails(world)
    told = [event(mail, kind, f"{n}@x.example") for n, mail in enumerate(mails) for kind in ("processed", "delivered")]
    assert len(told) == 100
    with statements(world) as said:
        assert events_only(world, keys.events, *told) == 204
    assert len(said) <= 9, said
    assert {mail.state for mail in world.messages(kind="referral_received")} == {"delivered"}
    assert world.query("SELECT count(*) FROM callbacks") == [(100,)]
    assert world.query("SELECT count(*) FROM audit WHERE act = 'message_delivered'") == [(50,)]


@pytest.mark.parametrize("kind", ["bounce", "dropped", "spamreport", "group_unsubscribe"])
def test_fifty_failures_cost_as_few_and_are_followed_one_by_one(world: World, keys: SimpleNamespace, kind: str) -> None:
    mails = fifty_mails(world)
    told = [event(mail, kind, f"{n}@x.example") for n, mail in enumerate(mails)]
    with statements(world) as said:
        assert events_only(world, keys.events, *told) == 204
    assert len(said) <= 6, said
    assert {mail.state for mail in world.messages(kind="referral_received")} == {"sent"}
    assert world.query("SELECT count(*) FROM callbacks WHERE follows IS NOT NULL") == [(50,)]
    world.follow()
    assert {mail.state for mail in world.messages(kind="referral_received", channel="email")} == {"failed"}
    assert world.query("SELECT count(*) FROM callbacks WHERE follows IS NOT NULL") == [(0,)]


def test_what_follows_from_a_failure_happens_once_however_many_workers_there_are(
    world: World, keys: SimpleNamespace
) -> None:
    told = [event(mail, "bounce", f"{n}@x.example") for n, mail in enumerate(fifty_mails(world))]
    events_only(world, keys.events, *told)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: world.follow(), range(4)))
    world.follow()
    assert world.query("SELECT count(*) FROM audit WHERE act = 'message_failed'") == [(50,)]


def test_what_cannot_be_done_about_a_failure_waits_with_its_reason_and_holds_up_nothing(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    other = {**event(email, "bounce", "other@x.example"), "attempt_id": str(uuid4())}
    events_only(world, keys.events, event(email, "bounce"), other)
    heard = settle.heard

    def fails(session: Session, book: Any, attempt_id: UUID, answer: Answer) -> None:
        heard(session, book, attempt_id, answer)
        if attempt_id == email.attempt_id:
            raise RuntimeError("with an address in its words")

    with patch.object(settle, "heard", fails):
        following.some(world.runtime)
    assert state_of(world, email) == "sent"
    waiting = "SELECT tries, error, try_at > clock_timestamp() FROM callbacks WHERE follows IS NOT NULL"
    assert world.query(waiting) == [(1, "RuntimeError", True)]
    assert following.some(world.runtime) == 0
    world.query("UPDATE callbacks SET try_at = clock_timestamp()")
    world.follow()
    assert state_of(world, email) == "failed"


def test_a_batch_told_again_with_more_in_it_counts_only_what_is_new(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    events(world, keys.events, event(email, "processed"))
    events(world, keys.events, event(email, "processed"), event(email, "delivered"), event(email, "delivered"))
    assert state_of(world, email) == "delivered"
    assert world.query("SELECT count(*) FROM callbacks") == [(2,)]


@pytest.mark.parametrize("kinds", list(permutations(("processed", "deferred", "delivered"))))
def test_in_any_order_an_email_ends_delivered(
    world: World, email: Message, keys: SimpleNamespace, kinds: tuple[str, ...]
) -> None:
    for kind in kinds:
        events(world, keys.events, event(email, kind))
    assert state_of(world, email) == "delivered"
    assert world.query("SELECT outcome FROM attempts") == [("delivered",)]


def test_a_failure_in_a_batch_does_not_hold_up_the_others_and_counts(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    foreign = {"event": "delivered", "email": "x@y.example", "timestamp": 1, "sg_message_id": "z", "attempt_id": "?"}
    events(world, keys.events, event(email, "delivered"), foreign, event(email, "bounce"), {"event": ["x"]})
    assert state_of(world, email) == "failed"
    assert world.query("SELECT count(*) FROM callbacks") == [(3,)]


def test_an_unknown_delivery_that_is_found_out_settles_its_task(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    world.query("UPDATE messages SET state = 'unknown', look_at = NULL WHERE id = :id", id=email.id)
    world.query(
        "INSERT INTO tasks (id, kind, about, message_id) VALUES (gen_random_uuid(), 'unknown_delivery', :id, :id)",
        id=email.id,
    )
    events(world, keys.events, event(email, "delivered"))
    assert state_of(world, email) == "delivered"
    assert world.tasks() == []


def test_a_word_about_an_older_attempt_of_an_email_changes_nothing(
    world: World, email: Message, keys: SimpleNamespace
) -> None:
    world.query("UPDATE messages SET attempt_id = gen_random_uuid(), state = 'planned' WHERE id = :id", id=email.id)
    events(world, keys.events, event(email, "delivered"))
    assert state_of(world, email) == "planned"


@pytest.mark.parametrize(
    ("body", "form"),
    [("", {"NumMedia": "1"}), ("", {}), ("a" * 1700, {}), ("🙂" * 800, {}), ("\x00", {}), ("no\u200bs", {})],
)
def test_an_odd_text_is_kept_and_read_by_a_person(world: World, story: Story, body: str, form: dict[str, str]) -> None:
    world.tell(*story.all_booked())
    text_in(world, body, **form)
    assert world.tasks() == ["read_reply"]
    assert world.message("we_will_call").state == "planned"


def test_the_same_words_again_and_again_are_one_task_until_it_is_done(world: World, story: Story) -> None:
    world.tell(*story.all_booked())
    for words in ("Hello?", "Hello?", "", "Are you open?", "Are you open?"):
        text_in(world, words)
    assert world.tasks() == ["read_reply"] * 3
    world.query("UPDATE tasks SET done_at = now()")
    text_in(world, "Are you open?")
    assert world.tasks() == ["read_reply"]
    assert world.query("SELECT count(*) FROM replies") == [(6,)]


def test_a_text_without_a_sender_or_an_id_is_answered_and_forgotten(world: World) -> None:
    for form in ({"From": PATIENT_PHONE, "Body": "C"}, {"MessageSid": "SM1", "Body": "C"}):
        assert post_twilio(world, "/hooks/twilio/inbound", **form) == 200
    assert world.query("SELECT count(*) FROM replies") == [(0,)]


def test_texts_of_one_number_at_the_same_time_are_taken_one_after_the_other(world: World, story: Story) -> None:
    reminded(world, story, 1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: text_in(world, "C" if n % 2 else "Hello?", sid=f"SM{n // 2}"), range(16)))
    assert world.query("SELECT count(*) FROM replies") == [(8,)]
    assert len(set(confirmed(world))) <= 1
    assert len(world.messages(kind="we_will_call")) <= 1
