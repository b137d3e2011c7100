"""What each provider's answer means, exactly as their facts say."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from services.notify.transports import sendgrid, twilio
from services.notify.transports.answer import Answer, Letter, Meaning
from services.notify.transports.sendgrid import SendGridTransport
from services.notify.transports.twilio import TwilioTransport
from tests.notify.facts import PATIENT_PHONE, PHYSICIAN_EMAIL
from tests.notify.world import World, free_port
from tests.sandbox.receiver import receiving

TABLE = {
    Meaning.RETRY: [20429, 30001, 30022],
    Meaning.UNREACHABLE: [30003],
    Meaning.WRONG_ADDRESS: [21211, 21614, 21635, 30005, 30006, 21612],
    Meaning.OPTED_OUT: [21610, 30004],
    Meaning.CONTENT: [30007, 21617, 21602],
    Meaning.CONFIGURATION: [20003, 21606, 21603, 21659, 21408, 21608, 30002, 30034, 30035],
    Meaning.LATER: [30610],
}
CODES = [(code, meaning) for meaning, codes in TABLE.items() for code in codes]


@pytest.mark.parametrize(("code", "meaning"), CODES)
def test_every_code_of_twilio_means_what_the_table_says(code: int, meaning: Meaning) -> None:
    assert twilio.meaning_of(code, 400) is meaning
    assert twilio.reported("undelivered", code, "SM1").meaning is meaning


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(429, Meaning.RETRY), (500, Meaning.UNKNOWN), (503, Meaning.UNKNOWN), (401, Meaning.CONFIGURATION),
     (404, Meaning.CONFIGURATION), (400, Meaning.CONTENT)],
)  # fmt: skip
def test_a_code_that_is_not_in_the_table_goes_by_its_status(status: int, meaning: Meaning) -> None:
    assert twilio.meaning_of(99999, status) is meaning


@pytest.mark.parametrize(
    ("status", "meaning"),
    [("queued", Meaning.SENT), ("sending", Meaning.SENT), ("sent", Meaning.SENT), ("accepted", Meaning.SENT),
     ("delivered", Meaning.DELIVERED), ("read", Meaning.DELIVERED), ("undelivered", Meaning.UNREACHABLE)],
)  # fmt: skip
def test_every_status_of_twilio_has_its_meaning(status: str, meaning: Meaning) -> None:
    assert twilio.reported(status, None, "SM1").meaning is meaning


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(202, Meaning.SENT), (200, Meaning.SENT), (400, Meaning.CONTENT), (413, Meaning.CONTENT), (429, Meaning.RETRY),
     (401, Meaning.CONFIGURATION), (403, Meaning.CONFIGURATION), (500, Meaning.UNKNOWN), (503, Meaning.UNKNOWN)],
)  # fmt: skip
def test_every_status_of_sendgrid_has_its_meaning(status: int, meaning: Meaning) -> None:
    assert sendgrid.meaning_of(status) is meaning


def a_text(to: str = PATIENT_PHONE, words: str = "Hello") -> Letter:
    return Letter(uuid4(), uuid4(), 1, "text", to, words)


def an_email(to: str = PHYSICIAN_EMAIL) -> Letter:
    return Letter(uuid4(), uuid4(), 1, "email", to, "Hello", "Subject", "<p>Hello</p>", "Harbor", "desk@harbor.example")


FAULTS = [
    ("none", Meaning.SENT),
    ("429", Meaning.RETRY),
    ("500_not_accepted", Meaning.UNKNOWN),
    ("reset_before", Meaning.UNKNOWN),
    ("accept_then_500", Meaning.UNKNOWN),
    ("accept_then_reset", Meaning.UNKNOWN),
    ("hang", Meaning.UNKNOWN),
]


@pytest.mark.parametrize(("fault", "meaning"), FAULTS)
def test_what_happens_to_a_text_is_told_apart(world: World, fault: str, meaning: Meaning) -> None:
    world.sandbox.turn(twilio={"next": [fault], "hang_ms": 1500})
    answer = world.transports["text"].send(a_text())
    assert answer.meaning is meaning
    assert (answer.provider_id or "").startswith("SM") == (meaning is Meaning.SENT)


@pytest.mark.parametrize(("fault", "meaning"), FAULTS)
def test_what_happens_to_an_email_is_told_apart(world: World, fault: str, meaning: Meaning) -> None:
    world.sandbox.turn(sendgrid={"next": [fault], "hang_ms": 1500})
    answer = world.transports["email"].send(an_email())
    assert answer.meaning is meaning
    assert bool(answer.provider_id) == (meaning is Meaning.SENT)


@pytest.mark.parametrize(
    ("to", "meaning"),
    [("+15005550001", Meaning.WRONG_ADDRESS), ("+15005550002", Meaning.WRONG_ADDRESS),
     ("+15005550003", Meaning.CONFIGURATION), ("+15005550004", Meaning.OPTED_OUT),
     ("+15005550009", Meaning.WRONG_ADDRESS), ("12", Meaning.WRONG_ADDRESS)],
)  # fmt: skip
def test_twilios_test_numbers_fail_as_they_should(world: World, to: str, meaning: Meaning) -> None:
    assert world.transports["text"].send(a_text(to)).meaning is meaning


def test_a_text_without_words_is_refused_for_its_content(world: World) -> None:
    assert world.transports["text"].send(a_text(words=" ")) == Answer(Meaning.CONTENT, code="21602")


def test_wrong_credentials_are_the_configurations_fault(world: World) -> None:
    wrong = replace(world.settings, twilio_auth_token="wrong", sendgrid_api_key="wrong")
    assert TwilioTransport(wrong).send(a_text()) == Answer(Meaning.CONFIGURATION, code="20003")
    assert SendGridTransport(wrong).send(an_email()).meaning is Meaning.CONFIGURATION


def test_an_address_sendgrid_does_not_take_is_refused(world: World) -> None:
    assert world.transports["email"].send(an_email("nobody")).meaning is Meaning.CONTENT


def test_without_a_connection_nothing_was_sent_and_it_may_be_tried_again(world: World) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    away = replace(world.settings, twilio_api_url=nowhere, sendgrid_api_url=nowhere)
    assert TwilioTransport(away).send(a_text()).meaning is Meaning.RETRY
    assert SendGridTransport(away).send(an_email()).meaning is Meaning.RETRY


def test_a_name_that_cannot_be_resolved_may_be_tried_again(world: World) -> None:
    nowhere = "http://no-such-host.invalid"
    away = replace(world.settings, twilio_api_url=nowhere, sendgrid_api_url=nowhere)
    assert TwilioTransport(away).send(a_text()).meaning is Meaning.RETRY
    assert SendGridTransport(away).send(an_email()).meaning is Meaning.RETRY


def test_an_email_carries_its_attempt_and_is_not_tracked(world: World) -> None:
    letter = an_email()
    world.transports["email"].send(letter)
    [mail] = world.sandbox.emails()
    assert mail["custom_args"] == {"attempt_id": str(letter.attempt_id)}
    sent = sendgrid._mail(letter, "a@b.example")
    assert sent["tracking_settings"]["click_tracking"] == {"enable": False, "enable_text": False}
    assert sent["tracking_settings"]["open_tracking"] == {"enable": False}


def test_a_status_that_we_could_not_take_is_told_again(world: World) -> None:
    """Twilio takes a 5xx for final unless the callback's address asks it to repeat."""
    with receiving() as clinic:
        clinic.answers = [(503, b""), (503, b"")]
        TwilioTransport(replace(world.settings, public_url=clinic.url)).send(a_text())
        calls = clinic.wait_for(4)
    assert {call.form["MessageStatus"] for call in calls[2:]} == {"sent", "delivered"}
