"""What a report holds. No free note, and nobody's name but the practice's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.booking.treatment.outcome import Course
from services.care.recommend import FollowUp
from services.care.trend import Status

How = Literal["missed", "cancelled_late"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The practice as the page's head shows it. `country` is an ISO 3166 code, `zone` an IANA one."""

    name: str
    address: str
    phone: str
    email: str
    country: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A visit that took place. Pain 0 to 10, pressure 1 to 5 (Walton)."""

    number: int
    on: date
    starts_at: datetime
    ends_at: datetime
    therapist: str
    pain_before: int
    pain_after: int
    pressure: int
    techniques: tuple[str, ...]
    areas: tuple[str, ...]
    minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotKept:
    number: int
    on: date
    how: How
    therapist: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A draft until the therapist has signed it; `reasons` are the draft's, the deciding one last."""

    follow_up: FollowUp
    reasons: tuple[str, ...] = ()
    signed_on: date | None = None

    @property
    def signed(self) -> bool:
        return self.signed_on is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`as_of` is when what it tells last changed, so that the same facts make the same report on any day."""

    place: Place
    series_id: UUID
    referral_id: UUID
    patient_id: UUID
    reference: str
    as_of: datetime
    closed: bool
    planned: int
    to_come: int
    next_on: date | None
    visits: tuple[Kept, ...]
    not_kept: tuple[NotKept, ...]
    pain: Course | None
    measures: tuple[Course, ...]
    recommendation: Recommendation | None
    """None before the first visit was kept."""

    @property
    def kept(self) -> int:
        return len(self.visits)

    @property
    def missed(self) -> int:
        return sum(one.how == "missed" for one in self.not_kept)

    @property
    def cancelled_late(self) -> int:
        return sum(one.how == "cancelled_late" for one in self.not_kept)

    @property
    def first_pain(self) -> int | None:
        return int(self.pain.trend.first) if self.pain else None

    @property
    def last_pain(self) -> int | None:
        return int(self.pain.trend.last) if self.pain else None

    @property
    def change(self) -> int | None:
        """Of pain; negative when there is less."""
        return int(self.pain.trend.change) if self.pain else None

    @property
    def status(self) -> Status | None:
        """Of pain."""
        return self.pain.trend.status if self.pain else None

    @property
    def courses(self) -> tuple[Course, ...]:
        """Pain first."""
        return (self.pain, *self.measures) if self.pain else self.measures

    @property
    def therapists(self) -> tuple[str, ...]:
        """Who treated, in order of appearance."""
        return tuple(dict.fromkeys(one.therapist for one in self.visits))
