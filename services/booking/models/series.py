"""Series of sessions, and what becomes of one as its visits do."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.booking.models.clinic import Location
from services.booking.models.order import Order
from services.booking.models.visit import Visit
from services.contracts.booking import SeriesBooked, SeriesCancelled, SeriesChanged, SeriesCompleted


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
    follow_up: Mapped[str | None]
    """What the therapist signed: one of `care.recommend.FOLLOW_UPS`."""
    recommendation: Mapped[str | None]
    """Sealed: the therapist's words with it."""
    signed_by: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    order: Mapped[Order] = relationship()
    location: Mapped[Location | None] = relationship(viewonly=True)
    sessions: Mapped[list[Visit]] = relationship(order_by="(Visit.number, Visit.id)", back_populates="series")

    @property
    def completed(self) -> int:
        """How many of its visits took place."""
        return sum(visit.status == "completed" for visit in self.sessions)

    @property
    def to_come(self) -> list[Visit]:
        return [visit for visit in self.sessions if visit.is_to_come]

    @property
    def standing(self) -> list[Visit]:
        """Those that took place and those still to come, in order of time."""
        standing = [visit for visit in self.sessions if visit.is_to_come or visit.status == "completed"]
        return sorted(standing, key=lambda visit: visit.starts_at)

    def free_numbers(self, count: int) -> list[int]:
        """The lowest numbers that no visit has; those of cancelled visits can be given again."""
        taken = {visit.number for visit in self.sessions if visit.status != "cancelled"}
        return list(itertools.islice((number for number in itertools.count(1) if number not in taken), count))

    def booked(self) -> SeriesBooked:
        return SeriesBooked(**self._snapshot(), booked_at=self.booked_at)

    def complete(self, now: datetime) -> SeriesCompleted | None:
        """Completed when no visit is still to come; None while one is."""
        if self.to_come:
            return None
        self.completed_at = now
        self.version += 1
        return SeriesCompleted(**self._snapshot(), completed_at=now)

    def settle(self, now: datetime) -> SeriesChanged | SeriesCompleted | SeriesCancelled:
        """What has become of it after visits were moved, called off, added or restored."""
        if not self.to_come and self.completed:
            self.completed_at, self.cancelled_at = now, None
        elif not self.to_come:
            self.completed_at, self.cancelled_at = None, now
        else:
            self.completed_at = self.cancelled_at = None
        self.version += 1
        if self.completed_at:
            return SeriesCompleted(**self._snapshot(), completed_at=now)
        if self.cancelled_at:
            return SeriesCancelled(**self._snapshot(), cancelled_at=now)
        return SeriesChanged(**self._snapshot(), changed_at=now)

    def _snapshot(self) -> dict[str, Any]:
        starts = [visit.starts_at for visit in self.standing or self.sessions]
        return {
            "series_id": self.id,
            "version": self.version,
            "referral_id": self.order.referral_id,
            "patient_id": self.order.patient_id,
            "visits": self.visits,
            "completed": self.completed,
            "first_at": min(starts),
            "last_at": max(starts),
        }
