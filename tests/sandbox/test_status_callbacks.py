import socket
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from tests.sandbox.clients import CLINIC, PATIENT, Sandbox, eventually
from tests.sandbox.receiver import Call, Receiver
from tests.sandbox.server import running, settings_for_tests

SERVICE = "MG" + "5" * 32


def send(sandbox: Sandbox, callback: str, **changes: str) -> str:
    fields = {"To": PATIENT, "From": CLINIC, "Body": "See you on Tuesday.", "StatusCallback": callback}
    answer = sandbox.post_text(**fields | changes)
    assert answer.status_code == 201
    return str(answer.json()["sid"])


def statuses(calls: list[Call]) -> list[str]:
    return [call.form["MessageStatus"] for call in calls]


def callbacks(sandbox: Sandbox, count: int) -> list[dict[str, Any]]:
    """What the sandbox noted about its callbacks, once there are ``count``."""
    return eventually(lambda: (notes := sandbox.texts()[-1]["callbacks"]) and len(notes) >= count and notes)


def test_a_text_reports_sent_and_delivered_with_twilios_fields(sandbox: Sandbox, clinic: Receiver) -> None:
    sid = send(sandbox, f"{clinic.url}/hooks/status?attempt=7")
    calls = clinic.wait_for(2)
    assert statuses(calls) == ["sent", "delivered"]
    assert calls[1].path == "/hooks/status?attempt=7"
    assert calls[1].form == {
        "AccountSid": sandbox.settings.twilio_account_sid,
        "ApiVersion": "2010-04-01",
        "From": CLINIC,
        "MessageSid": sid,
        "MessageStatus": "delivered",
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "To": PATIENT,
    }


def test_a_status_callback_passes_twilios_own_signature_check(sandbox: Sandbox, clinic: Receiver) -> None:
    url = f"{clinic.url}/hooks/status?attempt=7&x=%20y"
    send(sandbox, url)
    validator = RequestValidator(sandbox.settings.twilio_auth_token)
    for call in clinic.wait_for(2):
        signature = call.headers["X-Twilio-Signature"]
        assert validator.validate(url, call.form, signature)
        assert not validator.validate(url + "&forged=1", call.form, signature)
        assert not validator.validate(url, call.form | {"MessageStatus": "failed"}, signature)


def test_through_a_messaging_service_queued_is_reported_too(sandbox: Sandbox, clinic: Receiver) -> None:
    send(sandbox, f"{clinic.url}/status", From="", MessagingServiceSid=SERVICE)
    calls = clinic.wait_for(3)
    assert statuses(calls) == ["queued", "sent", "delivered"]
    assert calls[0].form["MessagingServiceSid"] == SERVICE


@pytest.mark.parametrize(
    ("outcome", "told", "last"),
    [(30003, ["sent", "undelivered"], "undelivered"), (30002, ["failed"], "failed"), ("sent", ["sent"], "sent")],
)
def test_a_delivery_ends_as_the_knob_says(
    sandbox: Sandbox, clinic: Receiver, outcome: int | str, told: list[str], last: str
) -> None:
    sandbox.turn(twilio={"outcomes": {PATIENT: outcome}})
    sid = send(sandbox, f"{clinic.url}/status")
    calls = clinic.wait_for(len(told))
    assert statuses(calls) == told
    fetched = sandbox.twilio.messages(sid).fetch()
    assert fetched.status == last
    if isinstance(outcome, int):
        assert calls[-1].form["ErrorCode"] == str(outcome)
        assert fetched.error_code == outcome


def test_a_text_to_a_number_that_is_nobodys_is_taken_and_not_delivered(sandbox: Sandbox, clinic: Receiver) -> None:
    send(sandbox, f"{clinic.url}/status", To="+15003123456")
    calls = clinic.wait_for(2)
    assert (statuses(calls), calls[-1].form["ErrorCode"]) == (["sent", "undelivered"], "30005")


def test_an_answered_callback_is_not_repeated_even_after_a_500(sandbox: Sandbox, clinic: Receiver) -> None:
    clinic.answers = [(500, b"")]
    send(sandbox, f"{clinic.url}/status")
    assert [note["answer"] for note in callbacks(sandbox, 2)] == [500, 204]
    assert len(clinic.calls) == 2


def test_the_urls_fragment_asks_for_more_retries_as_twilio_allows(sandbox: Sandbox, clinic: Receiver) -> None:
    clinic.answers = [(503, b""), (503, b"")]
    sandbox.turn(twilio={"outcomes": {PATIENT: "sent"}})
    send(sandbox, f"{clinic.url}/status#rc=5&rp=all")
    calls = clinic.wait_for(3)
    assert statuses(calls) == ["sent"] * 3
    assert len({call.headers["I-Twilio-Idempotency-Token"] for call in calls}) == 1
    validator = RequestValidator(sandbox.settings.twilio_auth_token)
    assert validator.validate(f"{clinic.url}/status", calls[0].form, calls[0].headers["X-Twilio-Signature"])


def test_a_callback_that_finds_nobody_is_tried_once_more(sandbox: Sandbox) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/status"
    sandbox.turn(twilio={"outcomes": {PATIENT: "sent"}})
    send(sandbox, nobody)
    assert [note["answer"] for note in callbacks(sandbox, 2)] == ["ct", "ct"]


def test_callbacks_can_be_lost(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(twilio={"callbacks": {"lost": 1}})
    sid = send(sandbox, f"{clinic.url}/status")
    assert [note["answer"] for note in callbacks(sandbox, 2)] == ["lost", "lost"]
    assert clinic.calls == []
    assert sandbox.twilio.messages(sid).fetch().status == "delivered"


def test_callbacks_can_be_duplicated(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(twilio={"callbacks": {"duplicated": 1}})
    send(sandbox, f"{clinic.url}/status")
    assert sorted(statuses(clinic.wait_for(4))) == ["delivered", "delivered", "sent", "sent"]


def test_callbacks_can_come_in_the_wrong_order(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(twilio={"callbacks": {"reordered": 1}})
    send(sandbox, f"{clinic.url}/status")
    assert statuses(clinic.wait_for(2)) == ["delivered", "sent"]


def test_callbacks_can_be_late_and_switched_off(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(twilio={"callbacks": {"delay_ms": 300}})
    sid = send(sandbox, f"{clinic.url}/status")
    eventually(lambda: sandbox.twilio.messages(sid).fetch().status == "delivered")
    assert clinic.calls == []
    assert sorted(statuses(clinic.wait_for(2))) == ["delivered", "sent"]
    sandbox.turn(twilio={"callbacks": "off"})
    send(sandbox, f"{clinic.url}/status")
    assert [note["answer"] for note in callbacks(sandbox, 2)] == ["lost", "lost"]
    assert len(clinic.calls) == 2


def test_a_public_callback_url_is_signed_as_written_and_reached_by_another_way(clinic: Receiver) -> None:
    settings = settings_for_tests(
        hook_via=clinic.url.removeprefix("http://"), public_hook_base="https://clinic.example"
    )
    with running(settings) as base:
        sandbox = Sandbox(base, settings)
        sandbox.turn(twilio={"step_ms": 10})
        send(sandbox, "https://clinic.example/hooks/status?attempt=7")
        call = clinic.wait_for(1)[0]
        sandbox.reset()
    assert call.path == "/hooks/status?attempt=7"
    assert call.headers["Host"] == "clinic.example"
    validator = RequestValidator(settings.twilio_auth_token)
    signed = "https://clinic.example/hooks/status?attempt=7"
    assert validator.validate(signed, call.form, call.headers["X-Twilio-Signature"])
