"""What booking tells the others. Sessions carry ids, times and places, nothing about health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.contracts.event import Event, announce

SessionStatus = Literal["booked", "confirmed", "completed", "cancelled", "missed"]


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
