"""Who a webhook is from: both of Twilio's algorithms, two tokens while one is changed, SendGrid's keys and clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator
from werkzeug.datastructures import Headers

from services.chassis.settings import SettingsError
from services.notify.sending.signatures import EVENT_SIGNATURE, EVENT_TIMESTAMP, is_from_sendgrid, is_from_twilio
from services.notify.transports import transports
from services.sandbox.signing import EventKey
from tests.notify.facts import PATIENT_PHONE, Story
from tests.notify.test_hooks import event, post_twilio, signed_events
from tests.notify.world import World

URL = "https://clinic.example/hooks/twilio/inbound"
FORM = {"MessageSid": "SM1", "From": PATIENT_PHONE, "Body": "¿Otra hora? 🙂"}
NAMED = "X-Twilio-Webhooks-Signature-Settings"


def signed(token: str, algorithm: str | None = None, url: str = URL) -> Headers:
    headers = Headers({"X-Twilio-Signature": RequestValidator(token).compute_signature(url, FORM, algorithm)})
    if algorithm:
        headers[NAMED] = f"key=webhooks,algorithm={algorithm}"
    return headers


@pytest.mark.parametrize("algorithm", [None, HMAC_SHA1, HMAC_SHA256])
@pytest.mark.parametrize("token", ["new", "old"])
def test_each_token_signs_with_each_algorithm(token: str, algorithm: str | None) -> None:
    assert is_from_twilio(("new", "old"), URL, FORM, signed(token, algorithm))


@pytest.mark.parametrize("algorithm", [None, HMAC_SHA1, HMAC_SHA256])
def test_nobody_else_does(algorithm: str | None) -> None:
    assert not is_from_twilio(("new", "old"), URL, FORM, signed("other", algorithm))
    assert not is_from_twilio(("new",), URL, FORM, signed("new", algorithm, "https://evil.example/hooks"))
    assert not is_from_twilio(("new",), URL, {**FORM, "Body": "STOP"}, signed("new", algorithm))


@pytest.mark.parametrize("named", ["algorithm=HMAC_MD5", "algorithm=none", "algorithm=HMAC_SHA256"])
def test_a_signature_counts_only_under_the_algorithm_that_made_it(named: str) -> None:
    headers = signed("new")
    headers[NAMED] = named
    assert not is_from_twilio(("new",), URL, FORM, headers)


@pytest.mark.parametrize("odd", ["", "ü", "=", "x" * 5000])
def test_an_odd_signature_is_none(odd: str) -> None:
    assert not is_from_twilio(("new",), URL, FORM, Headers({"X-Twilio-Signature": odd}))
    assert not is_from_sendgrid((EventKey().public,), b"[]", Headers({EVENT_SIGNATURE: odd, EVENT_TIMESTAMP: "1"}))


def test_each_key_of_sendgrid_signs_the_raw_bytes_within_ten_minutes() -> None:
    new, old, other = EventKey(), EventKey(), EventKey()
    body, now = b'[ {"event":"delivered"} ]\n', int(time.time())

    def holds(key: EventKey, stamp: int = now, received: bytes = body) -> bool:
        headers = Headers({EVENT_SIGNATURE: key.sign(str(stamp), body), EVENT_TIMESTAMP: str(stamp)})
        return is_from_sendgrid((new.public, old.public), received, headers)

    assert [holds(key) for key in (new, old, other)] == [True, True, False]
    assert not holds(new, received=body.strip())
    assert [holds(new, now + off) for off in (-590, 590, -610, 610)] == [True, True, False, False]


@pytest.fixture
def rotating(world: World) -> Iterator[World]:
    """Twilio's token is being changed: Twilio still signs by the old one, and knows the new one already."""
    before, running = world.settings, world.runtime
    changed = replace(before, twilio_auth_token=f"{before.twilio_auth_token}, the-old-one")
    world.app.extensions["fascia"] = replace(running, settings=changed)
    yield world
    world.app.extensions["fascia"] = running


def test_while_the_token_is_changed_both_are_taken(rotating: World, story: Story) -> None:
    rotating.tell(*story.all_booked())
    for sid, token in (("SM1", rotating.settings.twilio_auth_token), ("SM2", "the-old-one")):
        form = {"MessageSid": sid, "From": PATIENT_PHONE, "Body": "Hello"}
        assert post_twilio(rotating, "/hooks/twilio/inbound", token=token, **form) == 200
    assert post_twilio(rotating, "/hooks/twilio/inbound", token="the-older-one", MessageSid="SM3") == 403
    assert rotating.query("SELECT count(*) FROM replies") == [(2,)]


def test_we_sign_in_with_the_first_of_them(world: World, story: Story) -> None:
    world.transports = transports(replace(world.settings, twilio_auth_token=f"{world.settings.twilio_auth_token},old"))
    try:
        world.tell(*story.all_booked())
        world.send_all()
    finally:
        world.transports = transports(world.settings)
    assert world.message("series_confirmation").state in ("sent", "delivered")


def test_a_token_there_must_be(world: World) -> None:
    with pytest.raises(SettingsError):
        replace(world.settings, twilio_auth_token=" , ")


def test_while_sendgrids_key_is_changed_both_are_taken(world: World, story: Story) -> None:
    old = EventKey()
    running, changed = world.runtime, replace(world.settings, sendgrid_public_keys=(EventKey().public, old.public))
    world.tell(*story.people(), story.received())
    world.send()
    told = event(world.message("referral_received"), "delivered")
    world.app.extensions["fascia"] = replace(running, settings=changed)
    try:
        body = f"[{str(told).replace(chr(39), chr(34))}]".encode()
        assert signed_events(world, old, body) == 204
        assert signed_events(world, EventKey(), body) == 403
    finally:
        world.app.extensions["fascia"] = running
