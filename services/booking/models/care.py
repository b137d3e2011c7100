"""What was found on the day, and notes as they were before a correction; rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


class DayCheck(Base):
    """The therapist's look at the patient before a session."""

    __tablename__ = "day_checks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    findings: Mapped[str]
    """Sealed JSON: codes of the clinic's table of contraindications."""
    checked_at: Mapped[datetime]
    checked_by: Mapped[str]


class NoteVersion(Base):
    """A note that was corrected, whole, as it was."""

    __tablename__ = "note_versions"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]
    """Sealed JSON."""
    written_at: Mapped[datetime]
    written_by: Mapped[str]
