"""What is kept so that a copy of the database tells nothing: sealed documents and keyed hashes."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from services.chassis.seal import Seal

SHORTEST_KEY = 32


def lookup_key(text: str) -> bytes:
    """The key of a vault's hashes. It cannot be rotated like the seal's: with another nothing is found again."""
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"use at least {SHORTEST_KEY} random characters")
    return text.encode()


@dataclass(frozen=True)
class Vault:
    seal: Seal
    lookup_key: bytes

    def close(self, document: dict[str, Any]) -> str:
        """A JSON document, encrypted."""
        return self.seal.close(json.dumps(document, separators=(",", ":")))

    def open(self, sealed: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.seal.open(sealed))
        return document

    def hash(self, purpose: str, *parts: str) -> str:
        """The same for the same parts; without the key nothing can be guessed from it."""
        message = json.dumps([purpose, *parts]).encode()
        return hmac.digest(self.lookup_key, message, "sha256").hex()
