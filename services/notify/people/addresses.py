"""Phones and e-mail addresses: sealed where they are kept, and known by a keyed hash where they are looked up."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from services.chassis.runtime import Runtime
from services.chassis.seal import Seal
from services.notify.settings import settings_of


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Seals and opens addresses. A bare hash of a phone number could be undone by trying all of them."""

    seal: Seal
    key: bytes

    def close(self, text: str | None) -> str | None:
        return self.seal.close(text) if text else None

    def open(self, sealed: str) -> str:
        return self.seal.open(sealed)

    def hash(self, text: str | None) -> bytes | None:
        """The keyed hash of an address or a body; of an e-mail address, whatever its case."""
        return hmac.digest(self.key, text.lower().encode(), hashlib.sha256) if text else None


def book_of(runtime: Runtime) -> AddressBook:
    secret = settings_of(runtime).link_secret.encode()
    return AddressBook(runtime.seal, hmac.digest(secret, b"addresses", hashlib.sha256))
