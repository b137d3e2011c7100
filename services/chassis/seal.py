"""Encryption of the fields that must not be readable in a queue, an outbox row or a parked message.

A sealed value is the id of its key, a colon, and a Fernet token; from before there were ids, the token alone.
"""

from __future__ import annotations

import hashlib
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


def key_id(key: str) -> str:
    """Eight digits by which a key is told from others, and that tell nothing of it."""
    return hashlib.sha256(b"fascia seal key " + key.encode()).hexdigest()[:8]


class Seal:
    """Seals with the first key and opens with any, so that keys can be rotated.

    `keys` are Fernet keys: 32 url-safe base64-encoded bytes each.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernets = {key_id(key): Fernet(key) for key in keys}
        self._any = MultiFernet(list(self._fernets.values()))
        self.key_id = next(iter(self._fernets))
        """Of the key that seals."""

    def close(self, text: str) -> str:
        return self.close_bytes(text.encode())

    def close_bytes(self, content: bytes) -> str:
        return f"{self.key_id}:{self._fernets[self.key_id].encrypt(content).decode()}"

    def open(self, token: str) -> str:
        return self.open_bytes(token).decode()

    def open_bytes(self, token: str) -> bytes:
        its_key, _, bare = token.rpartition(":")
        try:
            return self._fernets.get(its_key, self._any).decrypt(bare)
        except (InvalidToken, ValueError):
            raise UnsealError("sealed with an unknown key") from None

    def again(self, token: str) -> str:
        """The same content under the first key. Raises `UnsealError`."""
        return self.close_bytes(self.open_bytes(token))
