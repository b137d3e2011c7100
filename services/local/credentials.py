"""Secrets of the local stack: random, made once, readable by their owner only."""

import base64
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def kept(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
    """The secret in this file; made and written (mode 600) if there is none."""
    if not path.exists():
        # written aside and moved, so that a reader never meets half a secret
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
            file.write(make())
        fresh.replace(path)
    return path.read_text()


class Credentials:
    """Secrets of all services, one file each under `folder`; `path(name)` suits a setting `NAME_FILE`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)
        for name, make in _MADE.items():
            kept(self.folder / name, make)
        for public, private in _PUBLIC_HALVES.items():
            kept(self.folder / public, partial(self._public_half, private))
        kept(self.folder / "sendgrid_webhook_public_key_der", self._sendgrid_form)

    def path(self, name: str) -> Path:
        return self.folder / name

    def text(self, name: str) -> str:
        return self.path(name).read_text()

    def _public_half(self, private: str) -> str:
        key = serialization.load_pem_private_key(self.text(private).encode(), password=None).public_key()
        return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def _sendgrid_form(self) -> str:
        """SendGrid shows its verification key as base64 DER on one line."""
        key = serialization.load_pem_public_key(self.text("sendgrid_webhook_public_key").encode())
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()


def _pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


_MADE: dict[str, Callable[[], str]] = {
    "identity_private_key": lambda: _pem(ed25519.Ed25519PrivateKey.generate()),
    "notify_identity_private_key": lambda: _pem(ed25519.Ed25519PrivateKey.generate()),
    "sendgrid_webhook_private_key": lambda: _pem(ec.generate_private_key(ec.SECP256R1())),
    "sendgrid_api_key": lambda: f"SG.{secrets.token_urlsafe(16)}.{secrets.token_urlsafe(32)}",
    "twilio_account_sid": lambda: f"AC{secrets.token_hex(16)}",
    "twilio_auth_token": lambda: secrets.token_hex(16),
    "seal_keys": lambda: Fernet.generate_key().decode(),
    "referrals_lookup_key": lambda: secrets.token_urlsafe(32),
    "booking_lookup_key": lambda: secrets.token_urlsafe(32),
    "notify_link_secret": lambda: secrets.token_urlsafe(32),
    "web_secret_key": lambda: secrets.token_urlsafe(32),
}
_PUBLIC_HALVES = {
    "identity_public_key": "identity_private_key",
    "notify_identity_public_key": "notify_identity_private_key",
    "sendgrid_webhook_public_key": "sendgrid_webhook_private_key",
}
