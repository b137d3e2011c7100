"""What was noted in a session, and the scores that were taken."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


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
    areas: Mapped[str]
    """Sealed JSON; empty when none was named."""
    minutes: Mapped[int | None] = mapped_column(SmallInteger)
    """Hands on, as they count for the 8-minute rule."""
    cpt: Mapped[str | None]
    units: Mapped[int | None] = mapped_column(SmallInteger)
    note: Mapped[str]
    follow_up: Mapped[str | None]
    recommendation: Mapped[str]
    item_9: Mapped[str | None]
    """Sealed: PHQ-9's last item, 0 to 3, when it was taken."""
    version: Mapped[int]
    """More than 1 when it was corrected; the earlier ones are kept."""
    written_at: Mapped[datetime]
    written_by: Mapped[str]


class KeptAct(Base):
    """What is kept of the note of somebody who was erased: what was billed for, and who says so."""

    __tablename__ = "kept_acts"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    cpt: Mapped[str | None]
    units: Mapped[int | None] = mapped_column(SmallInteger)
    minutes: Mapped[int | None] = mapped_column(SmallInteger)
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
