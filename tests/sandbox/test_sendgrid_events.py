import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook

from tests.sandbox.clients import Sandbox, eventually, mail
from tests.sandbox.receiver import Call, Receiver
from tests.sandbox.server import running, settings_for_tests

HEADER = "X-Twilio-Email-Event-Webhook-"


def events(calls: list[Call]) -> list[dict[str, Any]]:
    return [event for call in calls for event in json.loads(call.body)]


def to(address: str, **changes: Any) -> dict[str, Any]:
    return mail(personalizations=[{"to": [{"email": address}]} | changes])


def passes(call: Call, public_key: str, body: str | None = None) -> bool:
    check = EventWebhook(public_key)
    signature, timestamp = call.headers[HEADER + "Signature"], call.headers[HEADER + "Timestamp"]
    return bool(check.verify_signature(body or call.body.decode(), signature, timestamp))


def test_an_email_is_processed_and_delivered_with_sendgrids_fields(sandbox: Sandbox, clinic: Receiver) -> None:
    body = to("dr.lee@ortho.example", custom_args={"attempt": "7"}) | {"categories": ["report"]}
    message_id = sandbox.post_mail(body).headers["X-Message-Id"]
    processed, delivered = events(clinic.wait_for(2))
    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    assert delivered["email"] == "dr.lee@ortho.example"
    assert delivered["sg_message_id"].startswith(message_id + ".")
    assert message_id in delivered["smtp-id"]
    assert (delivered["attempt"], delivered["category"]) == ("7", "report")
    assert abs(delivered["timestamp"] - time.time()) < 60
    assert processed["sg_event_id"] != delivered["sg_event_id"]


def test_an_event_passes_sendgrids_own_signature_check(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.post_mail(mail())
    public_key = sandbox.get("keys")["sendgrid_public_key"]
    for call in clinic.wait_for(2):
        assert passes(call, public_key)
        assert not passes(call, public_key, call.body.decode().replace("dr.lee", "dr.who"))


def test_events_are_signed_with_the_key_that_was_given(clinic: Receiver) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings = settings_for_tests(email_hook_url=f"{clinic.url}/events", sendgrid_private_key=pem)
    with running(settings) as base:
        sandbox = Sandbox(base, settings)
        sandbox.post_mail(mail())
        shown = sandbox.get("keys")["sendgrid_public_key_pem"]
        call = clinic.wait_for(1)[0]
        assert passes(call, sandbox.get("keys")["sendgrid_public_key"])
        sandbox.reset()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip
    assert shown == public


@pytest.mark.parametrize(
    ("address", "course"),
    [
        ("bounce@ortho.example", ["processed", "bounce"]),
        ("anyone@bounce.example", ["processed", "bounce"]),
        ("anyone@dropped.example", ["dropped"]),
        ("deferred@ortho.example", ["processed", "deferred", "delivered"]),
    ],
)
def test_an_address_can_decide_what_becomes_of_its_mail(
    sandbox: Sandbox, clinic: Receiver, address: str, course: list[str]
) -> None:
    sandbox.post_mail(to(address))
    came = events(clinic.wait_for(len(course)))
    assert [event["event"] for event in came] == course
    if course[-1] == "bounce":
        assert came[-1]["type"] == "bounce"
        assert came[-1]["status"].startswith("5.")
        assert came[-1]["reason"]


def test_a_knob_decides_for_one_address(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(sendgrid={"outcomes": {"dr.lee@ortho.example": "bounce"}})
    sandbox.post_mail(mail())
    assert [event["event"] for event in events(clinic.wait_for(2))] == ["processed", "bounce"]


def test_a_refused_event_comes_again_under_another_event_id(sandbox: Sandbox, clinic: Receiver) -> None:
    clinic.answers = [(500, b"")]
    sandbox.turn(sendgrid={"outcomes": {"dr.lee@ortho.example": "processed"}})
    sandbox.post_mail(mail())
    first, second = events(clinic.wait_for(2))
    assert first.pop("sg_event_id") != second.pop("sg_event_id")
    assert first == second


def test_events_can_be_lost_duplicated_and_reordered(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.turn(sendgrid={"callbacks": {"reordered": 1, "duplicated": 1}})
    sandbox.post_mail(mail())
    came = [event["event"] for event in events(clinic.wait_for(4))]
    assert came == ["delivered", "delivered", "processed", "processed"]
    sandbox.turn(sendgrid={"callbacks": {"lost": 1}})
    sandbox.post_mail(to("b@x.example"))
    lost = eventually(lambda: len(told := sandbox.emails(to="b@x.example")[0]["callbacks"]) == 2 and told)
    assert [note["answer"] for note in lost] == ["lost", "lost"]
    assert not any(b"b@x.example" in call.body for call in clinic.calls)


def test_custom_arguments_cannot_hide_sendgrids_own_fields(sandbox: Sandbox, clinic: Receiver) -> None:
    sandbox.post_mail(to("dr.lee@ortho.example", custom_args={"event": "forged"}))
    assert events(clinic.wait_for(1))[0]["event"] == "processed"
