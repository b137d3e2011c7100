"""What the sandbox keeps of a text and an e-mail. Frozen: a change is a new object, readers need no lock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS in either direction; ``phone`` is the patient's side of it."""

    sid: str
    to: str
    sender: str | None
    body: str
    direction: str
    status: str
    segments: int
    media: int = 0
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    error_code: int | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def phone(self) -> str:
        return (self.sender or "") if self.direction == "inbound" else self.to

    @property
    def weight(self) -> int:
        return len(self.body)


@dataclass(frozen=True, slots=True)
class Email:
    """One personalization of a ``mail/send``; ``key`` is its own, ``id`` the X-Message-Id siblings share."""

    key: str
    id: str
    to: tuple[str, ...]
    copies: tuple[str, ...]
    sender: str
    subject: str
    contents: dict[str, str]
    custom_args: dict[str, str]
    categories: tuple[str, ...]
    attachments: tuple[dict[str, Any], ...]
    status: str = "accepted"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def text(self) -> str:
        return self.contents.get("text/plain", "")

    @property
    def html(self) -> str:
        return self.contents.get("text/html", "")

    @property
    def recipients(self) -> tuple[str, ...]:
        return self.to + self.copies

    @property
    def weight(self) -> int:
        return sum(map(len, self.contents.values()))
