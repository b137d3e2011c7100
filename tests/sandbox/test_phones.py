import pytest
from twilio.request_validator import RequestValidator

from tests.sandbox.clients import CLINIC, PATIENT, Sandbox
from tests.sandbox.receiver import Receiver


def write(sandbox: Sandbox, **changes: str) -> int:
    fields = {"To": PATIENT, "From": CLINIC, "Body": "Reply C to confirm."}
    answer = sandbox.post_text(**fields | changes)
    return int(answer.json().get("code", 0))


def test_a_reply_reaches_the_clinic_as_twilios_signed_webhook(sandbox: Sandbox, clinic: Receiver) -> None:
    write(sandbox)
    told = sandbox.reply(body="C & thanks é").json()
    call = clinic.wait_for(1)[0]
    assert told["answers"] == [204]
    assert call.path == "/inbound"
    wanted = {
        "From": PATIENT,
        "To": CLINIC,
        "Body": "C & thanks é",
        "MessageSid": told["sid"],
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "AccountSid": sandbox.settings.twilio_account_sid,
    }
    assert wanted.items() <= call.form.items()
    assert "OptOutType" not in call.form
    validator = RequestValidator(sandbox.settings.twilio_auth_token)
    assert validator.validate(f"{clinic.url}/inbound", call.form, call.headers["X-Twilio-Signature"])


def test_a_reply_is_a_message_of_the_account_too(sandbox: Sandbox, clinic: Receiver) -> None:
    write(sandbox)
    sandbox.reply(body="C")
    [inbound] = sandbox.twilio.messages.list(from_=PATIENT)
    assert (inbound.direction, inbound.status, inbound.body) == ("inbound", "received", "C")


def test_the_clinics_twiml_answer_arrives_on_the_phone(sandbox: Sandbox, clinic: Receiver) -> None:
    write(sandbox)
    clinic.answers = [(200, b"<?xml version='1.0'?><Response><Message>Thank you!</Message></Response>")]
    sandbox.reply(body="C")
    last = sandbox.texts()[-1]
    assert (last["direction"], last["to"], last["body"]) == ("outbound-reply", PATIENT, "Thank you!")


@pytest.mark.parametrize("answer", [b"", b"<Response/>", b"not xml", b"<broken", b"<html>hello</html>"])
def test_an_empty_answer_sends_nothing(sandbox: Sandbox, clinic: Receiver, answer: bytes) -> None:
    write(sandbox)
    clinic.answers = [(200, answer)]
    sandbox.reply(body="C")
    assert [text["direction"] for text in sandbox.texts()] == ["outbound-api", "inbound"]


@pytest.mark.parametrize("word", ["STOP", " stop ", "Cancel", "unsubscribe", "END", "QUIT", "STOPALL", "REVOKE"])
def test_after_an_opt_out_word_nothing_more_can_be_sent(sandbox: Sandbox, clinic: Receiver, word: str) -> None:
    write(sandbox)
    assert sandbox.reply(body=word).json()["opt_out_type"] == "STOP"
    assert clinic.wait_for(1)[0].form["OptOutType"] == "STOP"
    assert write(sandbox) == 21610
    assert write(sandbox, To="+12025550143") == 0


def test_an_opt_out_holds_until_the_patient_starts_again(sandbox: Sandbox, clinic: Receiver) -> None:
    write(sandbox)
    sandbox.reply(body="STOP")
    sandbox.reply(body="please don't text me")
    assert write(sandbox) == 21610
    sandbox.reply(body="start")
    assert [call.form.get("OptOutType") for call in clinic.wait_for(3)] == ["STOP", None, "START"]
    assert write(sandbox) == 0


def test_yes_from_a_subscribed_patient_is_an_ordinary_answer_to_which_twilio_adds_nothing(
    sandbox: Sandbox, clinic: Receiver
) -> None:
    write(sandbox)
    sandbox.reply(body="YES")
    assert clinic.wait_for(1)[0].form["OptOutType"] == "START"
    assert [text["direction"] for text in sandbox.texts()] == ["outbound-api", "inbound"]


def test_the_same_webhook_can_be_delivered_twice(sandbox: Sandbox, clinic: Receiver) -> None:
    write(sandbox)
    sandbox.reply(body="C", repeat=2)
    assert len({call.form["MessageSid"] for call in clinic.wait_for(2)}) == 1


@pytest.mark.parametrize("fields", [{"body": ""}, {"body": "x" * 1601}, {"body": "C", "repeat": "many"}, {}])
def test_a_reply_that_makes_no_sense_is_refused(sandbox: Sandbox, clinic: Receiver, fields: dict[str, str]) -> None:
    write(sandbox)
    assert sandbox.reply(**fields).status_code == 400
    assert len(sandbox.texts()) == 1


def test_a_phone_that_was_never_written_to_must_say_whom_it_writes_to(sandbox: Sandbox, clinic: Receiver) -> None:
    assert sandbox.reply(body="Hello").status_code == 400
    assert sandbox.reply(body="Hello", to=CLINIC).status_code == 201
