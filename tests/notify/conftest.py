from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from services.chassis import identity
from services.notify.api import app_for
from services.notify.settings import Settings
from services.sandbox.signing import EventKey
from tests.notify.booking import Booking
from tests.notify.facts import CLINIC_NUMBER, Story
from tests.notify.world import World, free_port, serving
from tests.sandbox.clients import Sandbox
from tests.sandbox.server import running, settings_for_tests


@pytest.fixture(scope="session")
def keys() -> SimpleNamespace:
    """Of web's tokens (Ed25519) and of SendGrid's webhook (EC P-256)."""
    private, event_key = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SimpleNamespace(
        private=private.private_bytes(*pem).decode(),
        public=private.public_key().public_bytes(*public).decode(),
        events=EventKey(event_key.private_bytes(*pem).decode()),
        events_pem=event_key.private_bytes(*pem).decode(),
    )


@pytest.fixture(scope="module")
def whole(migrated: Callable[[str], str], keys: SimpleNamespace) -> Iterator[World]:
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    stand_in = settings_for_tests(
        sms_hook_url=f"{public}/hooks/twilio/inbound",
        email_hook_url=f"{public}/hooks/sendgrid/events",
        sendgrid_private_key=keys.events_pem,
    )
    booking = Booking(f"http://127.0.0.1:{free_port()}", keys.public)
    with running(stand_in) as base, serving(booking.app(), int(booking.base.rpartition(":")[2])):
        settings = Settings(
            database_url=migrated("notify"), database_pool=20, amqp_url="-", identity_public_key=keys.public,
            seal_keys=(Fernet.generate_key().decode(),), public_url=public, clock_movable=True,
            twilio_api_url=base, twilio_account_sid=stand_in.twilio_account_sid,
            twilio_auth_token=stand_in.twilio_auth_token, twilio_from=CLINIC_NUMBER,
            sendgrid_api_url=base, sendgrid_api_key=stand_in.sendgrid_api_key,
            sendgrid_public_keys=(keys.events.public,), email_from="desk@harbor.example",
            link_secret="secret of the tests", identity_key=keys.private,
            booking=booking.base, referrals="http://127.0.0.1:1",
            send_timeout=1.0, lease=9.0, unknown_after=0.2,
        )  # fmt: skip
        app = app_for(settings)
        with serving(app, port):
            world = World(app, settings, Sandbox(base, stand_in), booking)
            yield world
            world.runtime.engine.dispose()


@pytest.fixture
def world(whole: World) -> World:
    whole.begin()
    return whole


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def ask(whole: World, keys: SimpleNamespace) -> Callable[..., object]:
    """`ask("GET", "/messages", "desk")`: the answer of notify's API to somebody in that role."""

    def send(method: str, path: str, *roles: str, headers: dict[str, str] | None = None, **kwargs: object) -> object:
        token = identity.mint(keys.private, "tester", roles, "notify")
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if roles else {})}
        return whole.app.test_client().open(f"/api/notify{path}", method=method, headers=sent, **kwargs)

    return send
