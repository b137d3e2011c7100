"""What goes with an e-mail besides its words, and what has yet to be fetched for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attachment:
    """`cid` where the HTML shows it."""

    name: str
    mime: str
    content: bytes
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """`method`: REQUEST, CANCEL or PUBLISH, as in the content."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Booking has to be asked for the report of a series, or for the calendar of a series or a visit."""

    what: Literal["report", "series", "visit"]
    object_id: UUID
    kind: str
    language: str
    zone: str
    facts: dict[str, Any]
    """What the words were made from, to make them anew."""
