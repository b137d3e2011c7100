"""A message that should exist, who it reaches, and what was told already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

Role = Literal["patient", "physician"]
Channel = Literal["text", "email", "desk"]

Occasion = tuple[UUID, datetime | None, datetime | None, str, UUID]
"""What a message is about and who gets it, whatever the channel."""
Key = tuple[UUID, datetime | None, datetime | None, str, str, UUID]


@dataclass(frozen=True, slots=True)
class Reach:
    """A person and the channels they have an address for, agreed to, and did not opt out of.

    Why a channel is not open: `no_number`, `no_address`, `no_consent`, `opted_out`, `wrong_address`, `fax_wanted`.
    """

    id: UUID
    text: bool
    email: bool
    zone: ZoneInfo | None = None
    """Where they live; None where that is not known."""
    no_text: str | None = None
    no_email: str | None = None
    person_id: UUID | None = None
    """Of the record that counts for the person, where there are several; None for itself."""

    @property
    def person(self) -> UUID:
        return self.person_id or self.id

    @property
    def channel(self) -> Channel:
        return "text" if self.text else "email" if self.email else "desk"


@dataclass(frozen=True, slots=True)
class Told:
    """What was handed over to a person already, or may have been."""

    occasions: frozenset[Occasion] = frozenset()
    texts: tuple[datetime, ...] = ()
    """When, of the last two days."""
    reminded: frozenset[tuple[str, UUID, datetime]] = frozenset()
    """Kind, visit and its time, also of those visits that a reminder of another told of too."""
    not_arrived: frozenset[Occasion] = frozenset()
    """Texts that failed."""


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a message is as it is; `trail` says which facts go with what."""

    what: Literal["planned", "deferred", "fell_back", "merged", "capped", "expired"]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A message that should exist. The first six fields are its logical key."""

    subject_id: UUID
    starts_at: datetime | None = None
    """Of the visit that it is about."""
    happened_at: datetime | None = None
    """Of what it tells, where the same may happen again."""
    kind: str
    channel: Channel
    recipient: UUID
    role: Role
    due_at: datetime
    send_before: datetime
    zone: ZoneInfo
    """Of its night's rest: the recipient's. Times in it are told in the zone of the place."""
    series_id: UUID | None = None
    session_id: UUID | None = None
    was_at: datetime | None = None
    """The time that the recipient knew of before."""
    by: str | None = None
    """Who did what it tells."""
    covers: tuple[tuple[UUID, datetime], ...] = ()
    """The visits, with their times, where it tells of several."""
    moment: datetime | None = field(default=None, compare=False)
    """When it would have been due, if not for quiet hours and caps."""
    referral_id: UUID | None = field(default=None, compare=False)
    because: tuple[Decision, ...] = field(default=(), compare=False)

    @property
    def key(self) -> Key:
        return (self.subject_id, self.starts_at, self.happened_at, self.kind, self.channel, self.recipient)

    @property
    def occasion(self) -> Occasion:
        return (self.subject_id, self.starts_at, self.happened_at, self.kind, self.recipient)

    def is_in_time(self, now: datetime) -> bool:
        return now < self.send_before and self.due_at < self.send_before
