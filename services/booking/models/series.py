"""Series of sessions, the time they claim, and what was noted in them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.booking.models.clinic import Room, Therapist
from services.booking.models.order import Order
from services.booking.refusals import SessionNotBegun, SessionNotOpen
from services.contracts.booking import (
    SeriesBooked,
    SeriesCompleted,
    SessionBooked,
    SessionCompleted,
    SessionConfirmed,
)


class Series(Base):
    __tablename__ = "series"
    __table_args__ = (Index("series_held", "held_until", postgresql_where=text("held_until IS NOT NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    visits: Mapped[int]
    version: Mapped[int]
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))
    """None for visits at the patient's home."""
    held_until: Mapped[datetime | None]
    """While the series is only held; None once it is booked."""
    booked_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    order: Mapped[Order] = relationship()
    sessions: Mapped[list[Visit]] = relationship(order_by="Visit.number", back_populates="series")

    @property
    def completed(self) -> int:
        """How many of its visits took place."""
        return sum(visit.status == "completed" for visit in self.sessions)

    def booked(self) -> SeriesBooked:
        return SeriesBooked(**self._snapshot(), booked_at=self.booked_at)

    def complete(self, now: datetime) -> SeriesCompleted | None:
        """Completed when no visit is still to come; None while one is."""
        if any(visit.is_to_come for visit in self.sessions):
            return None
        self.completed_at = now
        self.version += 1
        return SeriesCompleted(**self._snapshot(), completed_at=now)

    def _snapshot(self) -> dict[str, Any]:
        return {
            "series_id": self.id,
            "version": self.version,
            "referral_id": self.order.referral_id,
            "patient_id": self.order.patient_id,
            "visits": self.visits,
            "completed": self.completed,
            "first_at": self.sessions[0].starts_at,
            "last_at": self.sessions[-1].starts_at,
        }


class Visit(Base):
    """One session of a series; in the code a visit, because a session is also SQLAlchemy's."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_number", "series_id", "number", unique=True, postgresql_where=text("status <> 'cancelled'")),
        Index(None, "therapist_id", "starts_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    series_id: Mapped[UUID] = mapped_column(ForeignKey("series.id"), index=True)
    number: Mapped[int]
    status: Mapped[str]
    version: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"))
    sequence: Mapped[int]
    """Of the calendar object: one more on every change of time or place and on cancellation."""
    confirmed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
    """A code of `cancel.REASONS`."""
    late: Mapped[bool | None]
    missed_at: Mapped[datetime | None]
    series: Mapped[Series] = relationship(back_populates="sessions")
    therapist: Mapped[Therapist] = relationship()
    room: Mapped[Room | None] = relationship()
    note: Mapped[SessionNote | None] = relationship()

    @property
    def is_to_come(self) -> bool:
        return self.status in ("booked", "confirmed", "arrived")

    def booked(self) -> SessionBooked:
        return SessionBooked(**self._snapshot())

    def confirm(self, now: datetime) -> SessionConfirmed | None:
        """The patient will come; None when that was known. Raises `SessionNotOpen` when it is too late."""
        if not self.is_to_come or self.ends_at <= now:
            raise SessionNotOpen(status=self.status)
        if self.status == "confirmed":
            return None
        self.status = "confirmed"
        self.version += 1
        return SessionConfirmed(**self._snapshot())

    def complete(self, now: datetime) -> SessionCompleted:
        """It took place. Raises `SessionNotOpen`, `SessionNotBegun`."""
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        if now < self.starts_at:
            raise SessionNotBegun(starts_at=self.starts_at.isoformat())
        self.status = "completed"
        self.completed_at = now
        self.version += 1
        return SessionCompleted(**self._snapshot(), completed_at=now)

    def _snapshot(self) -> dict[str, Any]:
        order = self.series.order
        return {
            "session_id": self.id,
            "series_id": self.series_id,
            "version": self.version,
            "referral_id": order.referral_id,
            "patient_id": order.patient_id,
            "number": self.number,
            "of": self.series.visits,
            "status": self.status,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "home_visit": self.room_id is None,
        }


class SessionNote(Base):
    """What was done and felt; it never leaves in an event, and its words are sealed.

    Pain 0 to 10, pressure 1 to 5 (Walton).
    """

    __tablename__ = "session_notes"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    pain_before: Mapped[int] = mapped_column(SmallInteger)
    pain_after: Mapped[int] = mapped_column(SmallInteger)
    pressure: Mapped[int] = mapped_column(SmallInteger)
    techniques: Mapped[list[str]]
    areas: Mapped[list[str]]
    minutes: Mapped[int | None] = mapped_column(SmallInteger)
    """Hands on, as they count for the 8-minute rule."""
    cpt: Mapped[str | None]
    units: Mapped[int | None] = mapped_column(SmallInteger)
    note: Mapped[str]
    follow_up: Mapped[str | None]
    recommendation: Mapped[str]
    written_at: Mapped[datetime]
    written_by: Mapped[str]


class Measure(Base):
    """The score of an outcome measure, taken in one session."""

    __tablename__ = "measures"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    detail: Mapped[str] = mapped_column(primary_key=True)
    """Joint and movement of a range of motion, the activity of a PSFS item; else empty."""
    value: Mapped[Decimal] = mapped_column(Numeric(6, 2))


class History(Base):
    """What was told of a session, version by version; rows are only ever added."""

    __tablename__ = "session_history"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    event: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Claim(Base):
    """A resource is taken for a time, buffers inside it; no two claims of one resource overlap."""

    __tablename__ = "claims"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(resource_id, resource_id, '[]')"), "&&"),
            ("during", "&&"),
            name="claims_one_at_a_time",
        ),
        Index("claims_until", text("upper(during)")),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
