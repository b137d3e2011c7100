"""What the schedule is made from, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

Role = Literal["patient", "physician"]
Channel = Literal["text", "email", "desk"]

GRACE = timedelta(minutes=3)
"""A slip at the desk can be undone for so long before anything leaves."""


@dataclass(frozen=True, slots=True)
class Referral:
    updates: str
    received_at: datetime | None
    declined_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SeriesAct:
    """How many visits a series had, from then on."""

    at: datetime
    visits: int


@dataclass(frozen=True, slots=True)
class Series:
    """`completed_at` and `cancelled_at` only while they hold: a series may be opened again."""

    id: UUID
    last_at: datetime
    booked_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None = None
    acts: tuple[SeriesAct, ...] = ()
    """In the order of their versions, the booking first."""


@dataclass(frozen=True, slots=True)
class VisitAct:
    """What was done with a visit, and its time and place from then on."""

    what: str
    """`booked`, `moved`, `cancelled`, `missed`, `restored`."""
    starts_at: datetime
    place: str | None = None
    at: datetime | None = None
    """None for `booked` only."""
    by: str | None = None
    moved_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    id: UUID
    series_id: UUID
    status: str
    starts_at: datetime
    completed_at: datetime | None
    number: int = 1
    zone: ZoneInfo | None = None
    """Of the place; None for the clinic's."""
    acts: tuple[VisitAct, ...] = ()
    """In the order of their versions."""
    cancel_asked_at: datetime | None = None
    """When the patient wrote that they cannot come at this time."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Of a freed time. `wanted`: the patient said yes, no, or nothing yet."""

    id: UUID
    session_id: UUID | None
    starts_at: datetime
    answer_by: datetime
    zone: ZoneInfo | None
    offered_at: datetime | None
    ended_at: datetime | None = None
    how: str | None = None
    wanted: bool | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    order_id: UUID
    advised_at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one referral: some of it may not have arrived yet."""

    referral_id: UUID
    referral: Referral | None
    series: tuple[Series, ...]
    visits: tuple[Visit, ...]
    offers: tuple[Offer, ...] = ()
    renewals: tuple[Renewal, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """A person and the channels they have an address for, agreed to, and did not opt out of."""

    id: UUID
    text: bool
    email: bool

    @property
    def channel(self) -> Channel:
        return "text" if self.text else "email" if self.email else "desk"


@dataclass(frozen=True, slots=True)
class Policy:
    zone: ZoneInfo
    reminder_minutes: tuple[int, ...]
    grace: timedelta = GRACE


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
    """Of its night's rest, and of the times in it."""
    series_id: UUID | None = None
    session_id: UUID | None = None
    was_at: datetime | None = None
    """The time that the recipient knew of before."""
    by: str | None = None
    """Who did what it tells."""

    @property
    def key(self) -> tuple[UUID, datetime | None, datetime | None, str, str, UUID]:
        return (self.subject_id, self.starts_at, self.happened_at, self.kind, self.channel, self.recipient)
