"""What booking told of a referral's series and visits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.contracts.booking import Fate, SessionStatus
from services.referrals.models.base import Base, Standing


class Series(Base):
    """What booking told of a series of visits."""

    __tablename__ = "series"
    __table_args__: Any = (CheckConstraint("standing IN ('open', 'completed', 'cancelled')", name="standing"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), index=True)
    version: Mapped[int]
    standing: Mapped[Standing]


class VisitKept(Base):
    """A visit that took place."""

    __tablename__ = "visits_kept"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), index=True)
    completed_at: Mapped[datetime]


class Visit(Base):
    """What booking told of a visit, as of its newest event."""

    __tablename__ = "visits"
    __table_args__: Any = (
        CheckConstraint(
            "status IN ('booked', 'confirmed', 'arrived', 'completed', 'cancelled', 'missed')", name="status"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), index=True)
    series_id: Mapped[UUID]
    version: Mapped[int]
    number: Mapped[int]
    """Which visit of its series, from 1."""
    status: Mapped[SessionStatus]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    home_visit: Mapped[bool]
    fate: Mapped[Fate | None]
    """What became of the order's visit, when this one did not take place."""
