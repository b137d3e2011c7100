"""What booking told of the clinic, and of a referral's series and visits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.contracts.booking import Fate, SessionStatus
from services.referrals.models.base import Base, Standing


class Clinic(Base):
    """The clinic as its forms name it."""

    __tablename__ = "clinic"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    address: Mapped[str]
    phone: Mapped[str]
    """E.164."""
    email: Mapped[str]


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
        Index("visits_missed", "referral_id", postgresql_where=text("status = 'missed'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), index=True)
    series_id: Mapped[UUID]
    version: Mapped[int]
    number: Mapped[int]
    """Which visit of its series, from 1."""
    status: Mapped[SessionStatus]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    home_visit: Mapped[bool]
    fate: Mapped[Fate | None]
    """What became of the order's visit, when this one did not take place."""
