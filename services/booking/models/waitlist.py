"""Who waits for a time, which times became free, and to whom they were offered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.booking.models.order import Order
from services.contracts.booking import OfferEnded, OfferHow, WaitlistOffered


class Waiting(Base):
    """A patient who would like an earlier time for a visit, or one more visit at a time that is full."""

    __tablename__ = "waiting"
    __table_args__ = (
        Index("waiting_once_a_session", "session_id", unique=True, postgresql_where=text("status = 'waiting'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id"))
    """The visit that the patient would like earlier; None when it would be one more."""
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))
    possible: Mapped[list[dict[str, Any]] | None]
    """Windows of the week, as in a plan; None is any time."""
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    therapist_id: Mapped[int | None] = mapped_column(ForeignKey("therapists.id"))
    status: Mapped[str]
    version: Mapped[int]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    order: Mapped[Order] = relationship()

    def end(self, status: str, now: datetime) -> None:
        """Nothing more is offered: `served`, or `ended` because nobody waits any more."""
        self.status, self.ended_at = status, now
        self.version += 1


class Freed(Base):
    """A therapist's time that became free, to be offered in turn."""

    __tablename__ = "freed"
    __table_args__ = (Index("freed_open", "freed_at", postgresql_where=text("status = 'open'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    freed_at: Mapped[datetime]
    status: Mapped[str]


class Offer(Base):
    """A freed time, offered to one patient until `answer_by`."""

    __tablename__ = "offers"
    __table_args__ = (
        UniqueConstraint("freed_id", "waiting_id", name="offers_once_a_turn"),
        Index("offers_one_open_of_a_time", "freed_id", unique=True, postgresql_where=text("status = 'open'")),
        Index("offers_one_open_of_a_patient", "waiting_id", unique=True, postgresql_where=text("status = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    waiting_id: Mapped[UUID] = mapped_column(ForeignKey("waiting.id"))
    freed_id: Mapped[UUID] = mapped_column(ForeignKey("freed.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    gain: Mapped[int]
    """By how much the whole series of the patient would cost less, in the planner's units."""
    status: Mapped[str]
    version: Mapped[int]
    offered_at: Mapped[datetime]
    answer_by: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    waiting: Mapped[Waiting] = relationship()

    def offered(self, timezone: str) -> WaitlistOffered:
        return WaitlistOffered(**self._snapshot(timezone), offered_at=self.offered_at)

    def end(self, how: OfferHow, now: datetime, timezone: str) -> OfferEnded:
        self.status, self.ended_at = how, now
        self.version += 1
        return OfferEnded(**self._snapshot(timezone), how=how, ended_at=now)

    def _snapshot(self, timezone: str) -> dict[str, Any]:
        order = self.waiting.order
        return {
            "offer_id": self.id,
            "version": self.version,
            "referral_id": order.referral_id,
            "patient_id": order.patient_id,
            "session_id": self.waiting.session_id,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "timezone": timezone,
            "answer_by": self.answer_by,
        }
