"""What was noted in a session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


class SessionNote(Base):
    """What was done and felt; it never leaves in an event. What is billed, and what is to follow, is in the
    clear."""

    __tablename__ = "session_notes"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    clinical: Mapped[str]
    """Sealed JSON: pain, pressure, techniques, areas, scores (`treatment.clinical`)."""
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
