"""What notify tells the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from services.contracts.event import Event, announce

Intent = Literal["confirm", "cancel"]


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class PatientReplied(Event):
    """A patient answered a text, and we understood what they want for which visit."""

    subject: ClassVar[str] = "reply_id"

    reply_id: UUID
    patient_id: UUID
    session_id: UUID
    intent: Intent
    replied_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAnswered(Event):
    """A patient answered the offer of a freed time."""

    subject: ClassVar[str] = "reply_id"

    reply_id: UUID
    offer_id: UUID
    patient_id: UUID
    accepted: bool
    replied_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChosen(Event):
    """A patient picked one of the other times that were offered for a visit."""

    subject: ClassVar[str] = "reply_id"

    reply_id: UUID
    session_id: UUID
    patient_id: UUID
    starts_at: datetime
    replied_at: datetime


@announce
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Event):
    """A person agreed to a channel, or no longer does."""

    subject: ClassVar[str] = "person_id"

    person_id: UUID
    channel: Literal["text", "email"]
    agreed: bool
    source: str
    """`reply`, `provider`, `desk`, `link`."""
    changed_at: datetime
