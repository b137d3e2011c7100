"""What is known of one referral, as the schedule is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo


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
