"""What the sandbox is told at start, read once from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


class SettingsError(ValueError):
    """The environment cannot be used; the text names every mistake."""


@dataclass(frozen=True)
class Settings:
    """Credentials the sandbox accepts and the addresses its webhooks go to.

    ``sms_hook_url`` receives inbound texts, ``email_hook_url`` the e-mail events; both are signed as written.
    ``hook_via`` (host:port) is where the connection really goes, for URLs under ``public_hook_base`` when
    that is given, else for all. ``prefix`` mounts everything under a path. ``sendgrid_private_key`` is a PEM
    EC P-256 key; without one, a new key is made at every start.
    """

    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    sendgrid_api_key: str = field(repr=False)
    sendgrid_private_key: str = field(default="", repr=False)
    sms_hook_url: str = ""
    email_hook_url: str = ""
    public_hook_base: str = ""
    hook_via: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        mistakes = [*self._missing(), *self._malformed()]
        if mistakes:
            raise SettingsError("; ".join(mistakes))

    def _missing(self) -> list[str]:
        names = ("twilio_account_sid", "twilio_auth_token", "sendgrid_api_key")
        return [f"{variable(name)} is missing" for name in names if not getattr(self, name)]

    def _malformed(self) -> list[str]:
        mistakes = []
        if self.twilio_account_sid and not re.fullmatch(r"AC[0-9a-fA-F]{32}", self.twilio_account_sid):
            mistakes.append(f"{variable('twilio_account_sid')} must be AC and 32 hexadecimal digits")
        for name in ("sms_hook_url", "email_hook_url", "public_hook_base"):
            value = getattr(self, name)
            if value and urlsplit(value).scheme not in ("http", "https"):
                mistakes.append(f"{variable(name)} must be an http or https URL")
        if self.hook_via and not re.fullmatch(r"[A-Za-z0-9.\-]+:\d{1,5}", self.hook_via):
            mistakes.append(f"{variable('hook_via')} must be host:port")
        if self.prefix and not re.fullmatch(r"(/[\w.\-]+)+", self.prefix):
            mistakes.append(f"{variable('prefix')} must be a path such as /stand-in")
        return mistakes

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read each setting from ``SANDBOX_NAME``, or from the file that ``SANDBOX_NAME_FILE`` names."""
        return cls(**{name: _read(variable(name), environ) for name in cls.__dataclass_fields__})


def variable(name: str) -> str:
    return f"SANDBOX_{name.upper()}"


def _read(name: str, environ: Mapping[str, str]) -> str:
    file = environ.get(f"{name}_FILE")
    if not file:
        return environ.get(name, "").strip()
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}") from None
