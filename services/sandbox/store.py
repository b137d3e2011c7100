"""Everything the sandbox has been given: texts, e-mails, who opted out. In memory, bounded, newest kept."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from .messages import Email, Text

NEWEST = 50_000
NEWEST_CHARACTERS = 64_000_000
Kept = TypeVar("Kept", Text, Email)


class Log(Generic[Kept]):
    """An ordered, bounded collection; the oldest entries make room for the newest."""

    def __init__(self) -> None:
        self._entries: dict[str, Kept] = {}
        self._weight = 0

    def put(self, key: str, entry: Kept) -> None:
        self._weight += entry.weight - (self._entries[key].weight if key in self._entries else 0)
        self._entries[key] = entry
        while len(self._entries) > NEWEST or (self._weight > NEWEST_CHARACTERS and len(self._entries) > 1):
            self._weight -= self._entries.pop(next(iter(self._entries))).weight

    def get(self, key: str) -> Kept | None:
        return self._entries.get(key)

    def newest_first(self) -> Iterator[Kept]:
        return reversed(self._entries.values())


class Store:
    """The one shared state of the process; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._texts: Log[Text] = Log()
            self._emails: Log[Email] = Log()
            self._opted_out: set[str] = set()
            self._callbacks: dict[str, list[dict[str, Any]]] = {}
            self.version: int = getattr(self, "version", 0) + 1

    def add_text(self, text: Text) -> Text:
        with self._lock:
            self._texts.put(text.sid, text)
            self.version += 1
        return text

    def change_text(self, sid: str, **changes: Any) -> Text | None:
        """Apply ``changes`` and stamp the time; None when the text is no longer kept."""
        with self._lock:
            text = self._texts.get(sid)
            if text is None:
                return None
            return self.add_text(replace(text, updated_at=datetime.now(UTC), **changes))

    def text(self, sid: str) -> Text | None:
        with self._lock:
            return self._texts.get(sid)

    def texts(self, wanted: Callable[[Text], bool] = lambda text: True, limit: int = NEWEST) -> list[Text]:
        """The newest first."""
        with self._lock:
            return list(islice(filter(wanted, self._texts.newest_first()), limit))

    def add_email(self, email: Email) -> Email:
        with self._lock:
            self._emails.put(email.key, email)
            self.version += 1
        return email

    def change_email(self, key: str, status: str) -> Email | None:
        """None when the e-mail is no longer kept."""
        with self._lock:
            email = self._emails.get(key)
            return self.add_email(replace(email, status=status)) if email else None

    def email(self, key: str) -> Email | None:
        with self._lock:
            return self._emails.get(key)

    def emails(self, wanted: Callable[[Email], bool] = lambda email: True, limit: int = NEWEST) -> list[Email]:
        """The newest first."""
        with self._lock:
            return list(islice(filter(wanted, self._emails.newest_first()), limit))

    def opt_out(self, phone: str) -> None:
        with self._lock:
            self._opted_out.add(phone)
            self.version += 1

    def opt_in(self, phone: str) -> bool:
        """True when the phone had opted out before."""
        with self._lock:
            self.version += 1
            had = phone in self._opted_out
            self._opted_out.discard(phone)
            return had

    def opted_out(self, phone: str) -> bool:
        with self._lock:
            return phone in self._opted_out

    def note_callback(self, key: str, status: str, answer: int | str) -> None:
        """Remember what a webhook was answered, the last ten for each message."""
        with self._lock:
            notes = self._callbacks.setdefault(key, [])
            notes.append({"status": status, "answer": answer})
            del notes[:-10]
            if len(self._callbacks) > 2 * NEWEST:
                del self._callbacks[next(iter(self._callbacks))]

    def callbacks(self, key: str) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._callbacks.get(key, ()))
