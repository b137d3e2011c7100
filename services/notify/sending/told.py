"""One thing that a provider tells of a message, or of whoever has an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notify.transports.answer import Answer, Meaning, Status
from services.notify.why.explaining import ASKED

WELL = (Meaning.SENT, Meaning.DELIVERED)


@dataclass(frozen=True, slots=True)
class Event:
    """`key` is the same whenever it is told. `agreed`: what it says of the consent of the owner of `address`, `at`."""

    provider: str
    key: str
    attempt_id: UUID | None
    name: str
    content: dict[str, Any]
    answer: Answer | None = None
    address: str | None = None
    agreed: bool | None = None
    at: datetime | None = None

    @property
    def went_well(self) -> bool:
        return self.agreed is None and (self.answer is None or self.answer.meaning in WELL)


def of_a_text(attempt_id: UUID | None, status: Status, content: dict[str, Any], *, asked: bool = False) -> Event:
    """What Twilio tells of a text, by itself or asked: the same counts once."""
    key = f"{attempt_id}|{status.answer.provider_id}|{status.name}"
    return Event("twilio", key, attempt_id, status.name + ASKED * asked, content, status.answer)
