from pathlib import Path

import pytest

from services.sandbox.settings import Settings, SettingsError

GIVEN = {
    "SANDBOX_TWILIO_ACCOUNT_SID": "AC" + "a" * 32,
    "SANDBOX_TWILIO_AUTH_TOKEN": "token",
    "SANDBOX_SENDGRID_API_KEY": "key",
}


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from the file\n")
    given = GIVEN | {"SANDBOX_TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token")}
    assert Settings.from_environment(given).twilio_auth_token == "from the file"


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"SANDBOX_TWILIO_ACCOUNT_SID": "AC1", "SANDBOX_SMS_HOOK_URL": "ftp://x"})
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "SENDGRID_API_KEY", "SMS_HOOK_URL"):
        assert name in str(refusal.value)


def test_secrets_are_not_shown_when_settings_are_printed() -> None:
    assert "token" not in repr(Settings.from_environment(GIVEN)).replace("auth_token", "")
