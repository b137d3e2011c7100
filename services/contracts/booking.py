"""What booking tells the others. Sessions carry ids, times and places, nothing about health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.contracts.event import Event, announce

SessionStatus = Literal["booked", "confirmed", "arrived", "completed", "cancelled", "missed"]
Fate = Literal["returned", "forfeited"]
"""What becomes of a visit of the order that was reserved and did not take place."""
Who = Literal["patient", "clinic", "physician"]
OfferHow = Literal["accepted", "declined", "lapsed", "taken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePolicy:
    """When, how often and with how much in them messages are sent."""

    texts_from: str
    """Local time of the recipient, HH:MM: texts are sent from then on,"""
    texts_until: str
    """and until then."""
    texts_a_day: int
    """To one person."""
    texts_per_second: float | None = None
    """What the clinic's number may send; None: as fast as the provider takes them."""
    grace_minutes: int
    """A slip at the desk can be undone for so long before anything leaves."""
    invite: bool
    """Patients are invited to book when their referral is accepted."""
    full_content: bool
    """E-mails to physicians carry the report itself, not only a link to it."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicChanged(Event):
    """The clinic as its clients see it, and its policy for messages."""

    subject: ClassVar[str] = "clinic_id"

    clinic_id: UUID
    name: str
    timezone: str
    """IANA zone."""
    phone: str
    """E.164, the clinic's own public number."""
    email: str
    address: str
    language: str = "en"
    reminder_minutes: tuple[int, ...] = (2880, 120)
    """How long before a visit a reminder is due, in minutes."""
    messages: MessagePolicy | None = None
    """As usual where it is not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent(Event):
    """A snapshot of one visit of a series."""

    subject: ClassVar[str] = "session_id"

    session_id: UUID
    series_id: UUID
    referral_id: UUID
    patient_id: UUID
    number: int
    """Which visit of the series, from 1."""
    of: int
    """How many visits the series has."""
    status: SessionStatus
    starts_at: datetime
    ends_at: datetime
    home_visit: bool = False
    timezone: str | None = None
    """IANA zone of the place; the clinic's where it is not said."""
    address: str | None = None
    """Of the location that is visited; the clinic's where it is not said. Never a patient's."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionBooked(SessionEvent):
    """A visit has its time."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfirmed(SessionEvent):
    """The patient said that they will come."""


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCompleted(SessionEvent):
    """The visit took place and its note is written."""

    completed_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMoved(SessionEvent):
    """A visit has another time, therapist or place."""

    moved_at: datetime
    moved_from: datetime
    """When it would have begun."""
    by: Who = "clinic"


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionArrived(SessionEvent):
    """The patient is here."""

    arrived_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCancelled(SessionEvent):
    """A visit will not take place."""

    cancelled_at: datetime
    by: Who
    late: bool
    """Within the clinic's notice period."""
    visit: Fate


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMissed(SessionEvent):
    """The patient did not come."""

    missed_at: datetime
    visit: Fate


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRestored(SessionEvent):
    """A cancellation, a no-show or an arrival was entered by mistake: the visit stands as it did before."""

    restored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEvent(Event):
    """A snapshot of a series of visits."""

    subject: ClassVar[str] = "series_id"

    series_id: UUID
    referral_id: UUID
    patient_id: UUID
    visits: int
    completed: int
    first_at: datetime
    last_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesBooked(SeriesEvent):
    """All visits of a series have their times."""

    booked_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCompleted(SeriesEvent):
    """The last visit took place: the closing report can be read."""

    completed_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChanged(SeriesEvent):
    """Visits of a series were moved, cancelled, added or restored: some are still to come."""

    changed_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCancelled(SeriesEvent):
    """Every visit of a series was cancelled or missed, and none took place."""

    cancelled_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalAdvised(Event):
    """An order has few visits left, or ends soon: the physician is asked for a renewal, once for each reason."""

    subject: ClassVar[str] = "order_id"

    order_id: UUID
    referral_id: UUID
    patient_id: UUID
    reason: Literal["few_visits", "ends_soon"]
    remaining: int
    """Visits that are neither used nor booked."""
    valid_until: date
    advised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEvent(Event):
    """A snapshot of one offer of a freed time."""

    subject: ClassVar[str] = "offer_id"

    offer_id: UUID
    referral_id: UUID
    patient_id: UUID
    session_id: UUID | None = None
    """The visit that would be moved; None when it would be one more."""
    starts_at: datetime
    ends_at: datetime
    timezone: str | None = None
    answer_by: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistOffered(OfferEvent):
    """A freed time is offered to a patient who waits; the first who accepts has it."""

    offered_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded(OfferEvent):
    """An offer is over, and how."""

    how: OfferHow
    """`taken`: somebody else has the time now."""
    ended_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRefused(Event):
    """A patient chose another time for a visit, and cannot have it: somebody else has it, or it is too late."""

    subject: ClassVar[str] = "reply_id"

    reply_id: UUID
    session_id: UUID
    referral_id: UUID
    patient_id: UUID
    starts_at: datetime
    """The time that was chosen."""
    refused_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class DeskAsked(Event):
    """Somebody at the clinic has to look at something; what it is stays with booking."""

    subject: ClassVar[str] = "task_id"

    task_id: UUID
    about: Literal["uncovered_visits", "absence", "note"]
    referral_id: UUID | None = None
    session_id: UUID | None = None
    patient_id: UUID | None = None
    asked_at: datetime
