"""What the schedule is made from, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

Role = Literal["patient", "physician"]
Channel = Literal["text", "email", "desk"]

GRACE = timedelta(minutes=3)
"""A slip at the desk can be undone for so long before anything leaves."""

Occasion = tuple[UUID, datetime | None, datetime | None, str, UUID]
"""What a message is about and who gets it, whatever the channel."""
Key = tuple[UUID, datetime | None, datetime | None, str, str, UUID]


@dataclass(frozen=True, slots=True)
class Copy:
    """A further physician who hears of a referral, and how often."""

    physician_id: UUID
    updates: str


@dataclass(frozen=True, slots=True)
class Referral:
    updates: str
    received_at: datetime | None
    declined_at: datetime | None
    ended_at: datetime | None = None
    accepted_at: datetime | None = None
    physician_id: UUID | None = None
    copies: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class SeriesAct:
    """How many visits a series had, from then on."""

    at: datetime
    visits: int
    completed: int | None = None
    """How many had taken place when the series was completed; None for every other act."""


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
    visits: int = 0
    completed: int = 0


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
    ends_at: datetime | None = None


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
class Choice:
    """Other times that were found for a visit: because they asked, or because the one that they chose is gone."""

    visit_id: UUID
    starts_at: datetime
    """The time that the visit had then."""
    asked_at: datetime
    gone: bool = False
    chosen: datetime | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A text of a patient that is answered by one of ours: `opted_out`, `we_will_call`."""

    reply_id: UUID
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one referral: some of it may not have arrived yet."""

    referral_id: UUID
    referral: Referral | None
    series: tuple[Series, ...]
    visits: tuple[Visit, ...]
    offers: tuple[Offer, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    choices: tuple[Choice, ...] = ()
    answers: tuple[Answer, ...] = ()


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
class Policy:
    """The clinic's, from its file."""

    zone: ZoneInfo
    reminder_minutes: tuple[int, ...]
    grace: timedelta = GRACE
    texts_from: time = time(8)
    """Local time of the recipient."""
    texts_until: time = time(21)
    texts_a_day: int = 3
    texts_per_second: float | None = None
    """None: as fast as the provider takes them."""
    invite: bool = True
    full_content: bool = False


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
