"""Encryption of the fields that must not be readable in a queue, an outbox row or a parked message."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class UnsealError(Exception):
    """A sealed value was made with a key that this process does not hold."""


def keys(text: str) -> tuple[str, ...]:
    """Fernet keys, separated by commas. Raises `ValueError`, which does not quote them."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        Seal(found)
    except ValueError:
        raise ValueError("give Fernet keys (32 url-safe base64-encoded bytes each), separated by commas") from None
    return found


class Seal:
    """Seals with the first key and opens with any, so that keys can be rotated.

    `keys` are Fernet keys: 32 url-safe base64-encoded bytes each.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def close(self, text: str) -> str:
        return self.close_bytes(text.encode())

    def close_bytes(self, content: bytes) -> str:
        return self._fernet.encrypt(content).decode()

    def open(self, token: str) -> str:
        return self.open_bytes(token).decode()

    def open_bytes(self, token: str) -> bytes:
        try:
            return self._fernet.decrypt(token)
        except (InvalidToken, ValueError):
            raise UnsealError("sealed with an unknown key") from None
