"""What a calendar shows: visits, without a word about health and without a patient's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Kind = Literal["therapist", "room", "patient"]
Method = Literal["publish", "request", "cancel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One visit. `place` is None at the patient's home; `sequence` counts its changes of time and place."""

    id: UUID
    number: int
    of: int
    reference: str
    status: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    zone: str
    """IANA zone of the place; the clinic's at home."""
    therapist: str
    room: str | None
    place: str | None
    address: str | None

    @property
    def cancelled(self) -> bool:
        return self.status == "cancelled"


@dataclass(frozen=True, slots=True)
class Clinic:
    name: str
    email: str
    zone: str


def summary(entry: Entry, kind: Kind, clinic: Clinic) -> str:
    if kind == "patient":
        return f"Appointment at {clinic.name}"
    visit = f"{entry.reference}, visit {entry.number} of {entry.of}"
    return visit if kind == "therapist" else f"{entry.therapist}: {visit}"


def location(entry: Entry, kind: Kind) -> str:
    """Where to go. A patient's address is never in a calendar."""
    if entry.place is None:
        return "At your home" if kind == "patient" else "Home visit"
    if kind == "patient":
        return ", ".join(part for part in (entry.place, entry.address) if part)
    return ", ".join(part for part in (entry.room, entry.place) if part)
