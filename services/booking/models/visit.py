"""Sessions, and what can become of one: each act checks, changes, and returns what is told of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.booking.models.clinic import Room, Therapist
from services.booking.models.note import SessionNote
from services.booking.practice.policy import Policy
from services.booking.refusals import (
    PatientArrived,
    SessionBegun,
    SessionNotBegun,
    SessionNotOpen,
    SessionNotToday,
)
from services.booking.visits.bookable import Wanted
from services.booking.visits.cancelling import fate_of_cancelled, fate_of_missed, is_late
from services.chassis.versions import heed
from services.contracts.booking import (
    SessionArrived,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionConfirmed,
    SessionMissed,
    SessionMoved,
    SessionRestored,
    Who,
)

if TYPE_CHECKING:
    from services.booking.models.series import Series

TO_COME = ("booked", "confirmed", "arrived")
"""What is promised and has neither taken place nor been called off."""


class Visit(Base):
    """One session of a series; in the code a visit, because a session is also SQLAlchemy's."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_number", "series_id", "number", unique=True, postgresql_where=text("status <> 'cancelled'")),
        Index(None, "therapist_id", "starts_at"),
        Index(None, "room_id", "starts_at"),
        Index("sessions_at_home", "therapist_id", "starts_at", postgresql_where=text("room_id IS NULL")),
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
        return self.status in TO_COME

    def expect(self, version: int | None) -> None:
        """Raises `StaleVersion` when whoever acts has seen another version; None is any."""
        heed(version, self.version)

    def is_as(self, wanted: Wanted, minutes: int) -> bool:
        """Whether it has this time, length, therapist and room already."""
        have = (self.starts_at, self.ends_at, self.therapist_id, self.room_id)
        return have == (wanted.start_at, wanted.start_at + timedelta(minutes=minutes), wanted.therapist, wanted.room)

    def booked(self) -> SessionBooked:
        return SessionBooked(**self._snapshot())

    def confirm(self, now: datetime) -> SessionConfirmed | None:
        """The patient will come; None when that was known. Raises `SessionNotOpen` when it is too late."""
        if not self.is_to_come or self.ends_at <= now:
            raise SessionNotOpen(status=self.status)
        if self.status != "booked":
            return None
        self.status, self.confirmed_at = "confirmed", now
        self.version += 1
        return SessionConfirmed(**self._snapshot())

    def arrive(self, now: datetime, zone: ZoneInfo) -> SessionArrived | None:
        """The patient is here; None when that was known. Raises `SessionNotOpen`, `SessionNotToday`."""
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        if self.status == "arrived":
            return None
        if self.starts_at.astimezone(zone).date() != now.astimezone(zone).date():
            raise SessionNotToday(starts_at=self.starts_at.isoformat())
        self.status, self.arrived_at = "arrived", now
        self.version += 1
        return SessionArrived(**self._snapshot(), arrived_at=now)

    def undo_arrival(self, now: datetime) -> SessionRestored | None:
        """The patient is not here after all; None when nobody said so. Raises `SessionNotOpen`."""
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        if self.status != "arrived":
            return None
        self.status, self.arrived_at = "confirmed" if self.confirmed_at else "booked", None
        self.version += 1
        return SessionRestored(**self._snapshot(), restored_at=now)

    def move(self, wanted: Wanted, minutes: int, by: Who, now: datetime) -> SessionMoved | None:
        """Another time, therapist or room, `minutes` long; what was confirmed has to be confirmed again, but a patient
        who is here stays here as long as the time is the same.

        None when it is there already. Raises `SessionNotOpen`, `SessionBegun`.
        """
        self._must_be_open_to(by, now)
        if self.is_as(wanted, minutes):
            return None
        moved_from = self.starts_at
        here = self.status == "arrived" and wanted.start_at == moved_from
        self.starts_at, self.ends_at = wanted.start_at, wanted.start_at + timedelta(minutes=minutes)
        self.therapist_id, self.room_id = wanted.therapist, wanted.room
        if not here:
            self.status, self.confirmed_at, self.arrived_at = "booked", None, None
        self.sequence += 1
        self.version += 1
        return SessionMoved(**self._snapshot(), moved_at=now, moved_from=moved_from, by=by)

    def cancel(self, by: Who, reason: str, policy: Policy, now: datetime) -> SessionCancelled | None:
        """It will not take place; None when that was known. Raises `SessionNotOpen`, `SessionBegun`."""
        if self.status == "cancelled":
            return None
        self._must_be_open_to(by, now)
        late = is_late(by, self.starts_at, now, policy)
        self.status, self.cancelled_at = "cancelled", now
        self.cancelled_by, self.cancel_reason, self.late = by, reason, late
        self.sequence += 1
        self.version += 1
        fate = fate_of_cancelled(late, policy)
        return SessionCancelled(**self._snapshot(), cancelled_at=now, by=by, late=late, visit=fate)

    def miss(self, policy: Policy, now: datetime) -> SessionMissed | None:
        """The patient did not come; None when that was known.

        Raises `SessionNotOpen`, `PatientArrived`, `SessionNotBegun`.
        """
        if self.status == "missed":
            return None
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        if self.status == "arrived":
            raise PatientArrived
        self._must_have_begun(now)
        self.status, self.missed_at = "missed", now
        self.version += 1
        return SessionMissed(**self._snapshot(), missed_at=now, visit=fate_of_missed(policy))

    def restore(self, number: int, now: datetime) -> SessionRestored | None:
        """Booked again at its old time, as visit `number`; None when it was never called off.

        Raises `SessionNotOpen`.
        """
        if self.is_to_come:
            return None
        if self.status not in ("cancelled", "missed"):
            raise SessionNotOpen(status=self.status)
        self.sequence += self.status == "cancelled"
        self.number, self.status = number, "booked"
        self.confirmed_at = self.arrived_at = self.missed_at = self.cancelled_at = None
        self.cancelled_by = self.cancel_reason = self.late = None
        self.version += 1
        return SessionRestored(**self._snapshot(), restored_at=now)

    def complete(self, now: datetime) -> SessionCompleted:
        """It took place. Raises `SessionNotOpen`, `SessionNotBegun`."""
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        self._must_have_begun(now)
        self.status = "completed"
        self.completed_at = now
        self.version += 1
        return SessionCompleted(**self._snapshot(), completed_at=now)

    def _must_be_open_to(self, by: Who, now: datetime) -> None:
        """Once it has begun, only the clinic can still call it off or move it."""
        if not self.is_to_come:
            raise SessionNotOpen(status=self.status)
        if by != "clinic" and self.starts_at <= now:
            raise SessionBegun(starts_at=self.starts_at.isoformat())

    def _must_have_begun(self, now: datetime) -> None:
        if now < self.starts_at:
            raise SessionNotBegun(starts_at=self.starts_at.isoformat())

    def _snapshot(self) -> dict[str, Any]:
        order, place = self.series.order, self.series.location
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
            "timezone": place and place.timezone,
            "address": place and place.address,
        }
