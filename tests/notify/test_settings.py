"""Settings that cannot work are named at start."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from services.chassis.settings import SettingsError, load
from services.notify.settings import Settings
from services.sandbox.signing import EventKey

GOOD = {
    "NOTIFY_DATABASE_URL": "-", "AMQP_URL": "-", "IDENTITY_PUBLIC_KEY": "-",
    "SEAL_KEYS": Fernet.generate_key().decode(),
    "NOTIFY_TWILIO_ACCOUNT_SID": "AC0", "NOTIFY_TWILIO_AUTH_TOKEN": "t", "NOTIFY_TWILIO_FROM": "+15005550006",
    "NOTIFY_SENDGRID_API_KEY": "k", "NOTIFY_EMAIL_FROM": "a@b.example", "NOTIFY_LINK_SECRET": "s",
    "NOTIFY_IDENTITY_KEY": "-", "NOTIFY_UPSTREAM_BOOKING": "http://127.0.0.1:1",
    "NOTIFY_UPSTREAM_REFERRALS": "http://127.0.0.1:1",
}  # fmt: skip


def test_a_number_stays_text_and_a_url_loses_its_slash() -> None:
    settings = load(Settings, GOOD | {"NOTIFY_TWILIO_API_URL": "http://127.0.0.1:1/"}, "notify")
    assert (settings.twilio_from, settings.twilio_api_url) == ("+15005550006", "http://127.0.0.1:1")


def test_two_webhook_keys_can_be_given_while_they_are_changed() -> None:
    keys = (EventKey().public, EventKey().public)
    assert load(Settings, GOOD | {"NOTIFY_SENDGRID_PUBLIC_KEY": ",".join(keys)}, "notify").sendgrid_public_keys == keys


def test_two_tokens_of_twilio_can_be_given_while_they_are_changed() -> None:
    assert load(Settings, GOOD, "notify").twilio_auth_tokens == ("t",)
    both = load(Settings, GOOD | {"NOTIFY_TWILIO_AUTH_TOKEN": "new, old"}, "notify")
    assert both.twilio_auth_tokens == ("new", "old")


@pytest.mark.parametrize(
    ("name", "value"),
    [("NOTIFY_SENDGRID_PUBLIC_KEY", "no key"), ("NOTIFY_SENDGRID_API_URL", "api.sendgrid.com"), ("NOTIFY_LEASE", "20"),
     ("NOTIFY_SEND_TIMEOUT", "soon")],
)  # fmt: skip
def test_a_setting_that_cannot_work_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(Settings, GOOD | {name: value}, "notify")


def test_every_missing_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"NOTIFY_TWILIO_FROM.*NOTIFY_LINK_SECRET"):
        load(Settings, {}, "notify")
