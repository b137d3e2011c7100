"""What notify is told at start."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.chassis.runtime import Runtime
from services.chassis.settings import ServiceSettings, SettingsError, setting, words


def base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("an http or https URL is expected")
    return text.rstrip("/")


def public_keys(text: str) -> tuple[str, ...]:
    """Base64 DER, as SendGrid shows them, separated by commas."""
    keys = words(text)
    for key in keys:
        if not isinstance(load_der_public_key(b64decode(key, validate=True)), EllipticCurvePublicKey):
            raise ValueError("an elliptic curve public key is expected")
    return keys


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """Times in seconds. The lease must be longer than a send can take."""

    twilio_api_url: str = setting("NOTIFY_TWILIO_API_URL", default="https://api.twilio.com", parse=base_url)
    twilio_account_sid: str = setting("NOTIFY_TWILIO_ACCOUNT_SID")
    twilio_auth_token: str = setting("NOTIFY_TWILIO_AUTH_TOKEN")
    """Two while it is changed, the new one first, separated by a comma: see `twilio_auth_tokens`."""
    twilio_from: str = setting("NOTIFY_TWILIO_FROM")
    """A number in E.164, or the id of a Messaging Service (MG…)."""
    sendgrid_api_url: str = setting("NOTIFY_SENDGRID_API_URL", default="https://api.sendgrid.com", parse=base_url)
    sendgrid_api_key: str = setting("NOTIFY_SENDGRID_API_KEY")
    sendgrid_public_keys: tuple[str, ...] = setting("NOTIFY_SENDGRID_PUBLIC_KEY", default=(), parse=public_keys)
    """Of the signed event webhook; two while they are changed."""
    email_from: str = setting("NOTIFY_EMAIL_FROM")
    link_secret: str = setting("NOTIFY_LINK_SECRET")
    """Makes link tokens and the keyed hashes of addresses; changing it ends every link."""
    identity_key: str = setting("NOTIFY_IDENTITY_KEY")
    """Signs what notify asks of the other services: Ed25519, PEM."""
    booking: str = setting("NOTIFY_UPSTREAM_BOOKING", parse=base_url)
    referrals: str = setting("NOTIFY_UPSTREAM_REFERRALS", parse=base_url)
    upstream_timeout: float = setting("NOTIFY_UPSTREAM_TIMEOUT", default=10.0, parse=float)
    send_timeout: float = setting("NOTIFY_SEND_TIMEOUT", default=10.0, parse=float)
    lease: float = setting("NOTIFY_LEASE", default=60.0, parse=float)
    unknown_after: float = setting("NOTIFY_UNKNOWN_AFTER", default=120.0, parse=float)
    """How long an unknown send waits for its callback before the provider is asked."""
    unreported_after: float = setting("NOTIFY_UNREPORTED_AFTER", default=3600.0, parse=float)
    """How long a text that was handed over may lack its report before the provider is asked."""
    senders: int = setting("NOTIFY_SENDERS", default=32, parse=int)
    """Messages of one channel on their way at the same time, in each worker."""

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """The first opens Twilio to us; by any of them may Twilio sign."""
        return words(self.twilio_auth_token)

    def __post_init__(self) -> None:
        if not self.twilio_auth_tokens:
            raise SettingsError("NOTIFY_TWILIO_AUTH_TOKEN must not be empty")
        if self.lease < 3 * self.send_timeout:
            raise SettingsError("NOTIFY_LEASE must be at least three times NOTIFY_SEND_TIMEOUT")


def settings_of(runtime: Runtime) -> Settings:
    """Notify's own settings, of its running self."""
    assert isinstance(runtime.settings, Settings)
    return runtime.settings
