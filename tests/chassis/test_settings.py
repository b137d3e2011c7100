import dataclasses

import pytest

from services.chassis.settings import ServiceSettings, SettingsError, flag, load, setting, words
from tests.chassis.facts import SEAL_KEY

GOOD = {
    "BOOKING_DATABASE_URL": "postgresql://here/booking",
    "AMQP_URL": "amqp://here",
    "IDENTITY_PUBLIC_KEY": "key",
    "SEAL_KEYS": SEAL_KEY,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextSettings(ServiceSettings):
    phone: str = setting("{SERVICE}_PHONE")


def test_settings_are_read_by_their_service_s_name():
    settings = load(ServiceSettings, GOOD, "booking")
    assert settings.database_url == "postgresql://here/booking"
    assert settings.seal_keys == (SEAL_KEY,)
    assert (settings.prefetch, settings.clock_movable) == (8, False)


def test_every_mistake_is_named_at_once():
    environ = {"BOOKING_PREFETCH": "many", "CLOCK_MOVABLE": "perhaps", "SEAL_KEYS": "a secret"}
    with pytest.raises(SettingsError) as mistakes:
        load(ServiceSettings, environ, "booking")
    for name in ("BOOKING_DATABASE_URL", "AMQP_URL", "BOOKING_PREFETCH", "CLOCK_MOVABLE", "SEAL_KEYS"):
        assert name in str(mistakes.value)


def test_a_secret_is_not_quoted_when_it_is_wrong():
    with pytest.raises(SettingsError, match="SEAL_KEYS: give Fernet keys") as mistakes:
        load(ServiceSettings, GOOD | {"SEAL_KEYS": "a secret"}, "booking")
    assert "a secret" not in str(mistakes.value)


def test_a_secret_can_come_from_a_file(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"{SEAL_KEY}\n")
    environ = {**GOOD, "SEAL_KEYS": "", "SEAL_KEYS_FILE": str(file)}
    assert load(ServiceSettings, environ, "booking").seal_keys == (SEAL_KEY,)


def test_a_file_that_is_not_there_is_a_mistake():
    with pytest.raises(SettingsError, match=r"SEAL_KEYS: .*No such file"):
        load(ServiceSettings, {**GOOD, "SEAL_KEYS": "", "SEAL_KEYS_FILE": "/nowhere"}, "booking")


def test_empty_is_the_same_as_not_set():
    with pytest.raises(SettingsError, match="AMQP_URL is not set"):
        load(ServiceSettings, GOOD | {"AMQP_URL": ""}, "booking")
    assert load(ServiceSettings, GOOD | {"BOOKING_PREFETCH": ""}, "booking").prefetch == 8


def test_a_phone_number_stays_text():
    environ = GOOD | {"BOOKING_PHONE": "+15005550006"}
    assert load(TextSettings, environ, "booking").phone == "+15005550006"


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(ServiceSettings, GOOD, "booking").prefetch = 9


@pytest.mark.parametrize(("text", "meaning"), [("yes", True), ("OFF", False), ("1", True), ("false", False)])
def test_flags_can_be_said_in_several_ways(text, meaning):
    assert flag(text) is meaning


def test_words_are_separated_by_commas():
    assert words(" a, b ,,c") == ("a", "b", "c")
