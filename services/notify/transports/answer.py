"""What can come of handing a message to a provider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from services.notify.sending.enclosures import Attachment, CalendarObject, Unfinished


class Meaning(StrEnum):
    """Sent, or not, or unknown; and of a failure, what to do about it."""

    SENT = "sent"
    DELIVERED = "delivered"
    RETRY = "retry"
    """Never processed: safe to try again."""
    LATER = "later"
    """The recipient's quiet hours."""
    CONFIGURATION = "configuration"
    """Our account, number or registration is refused: stop the channel, lose nothing."""
    UNKNOWN = "unknown"
    """It may have been accepted: find out before trying again."""
    UNREACHABLE = "unreachable"
    """The handset cannot be reached."""
    WRONG_ADDRESS = "wrong_address"
    OPTED_OUT = "opted_out"
    CONTENT = "content"
    """Refused for what it says or how: never send the same again."""


PERMANENT = frozenset({Meaning.UNREACHABLE, Meaning.WRONG_ADDRESS, Meaning.OPTED_OUT, Meaning.CONTENT})


@dataclass(frozen=True, slots=True)
class Answer:
    meaning: Meaning
    provider_id: str | None = None
    code: str | None = None
    """The provider's error code, or the kind of failure; never its words."""
    wait: float | None = None
    """Seconds after which the provider wants to be asked again."""
    at: datetime | None = None
    """When it happened, where that is told late."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a provider says of a message that it took, in its own word and in ours."""

    name: str
    answer: Answer

    @property
    def is_final(self) -> bool:
        return self.answer.meaning is not Meaning.SENT


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be sent, under one attempt."""

    message_id: UUID
    attempt_id: UUID
    fence: int
    channel: str
    address: str
    text: str
    subject: str = ""
    html: str = ""
    sender_name: str = ""
    reply_to: str = ""
    preferences: str = ""
    """Where a patient chooses what to get from us."""
    attachments: tuple[Attachment, ...] = ()
    calendar: CalendarObject | None = None
    unfinished: Unfinished | None = None
    """What has to be fetched before it may leave."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of an attempt whose fate is not: to whom, what, and when."""

    address: str
    is_body: Callable[[str], bool]
    """Tells whether a body is the one that was sent."""
    since: datetime
    known: frozenset[str]
    """Provider ids that belong to other attempts."""


class Unreachable(Exception):
    """The provider could not be asked."""


class Transport(Protocol):
    def send(self, letter: Letter) -> Answer:
        """Hand it over. Never raises for what the provider or the network does."""

    def find(self, trace: Trace) -> Answer | None:
        """What became of an attempt; None when the provider surely does not have it, `UNKNOWN` where it
        keeps no list that says so.

        Raises `Unreachable`.
        """

    def look_up(self, provider_id: str) -> Status | None:
        """What became of a message by the provider's own id for it; None where it does not tell.

        Raises `Unreachable`.
        """


def code_of(value: Any) -> str | None:
    return str(value) if value else None
