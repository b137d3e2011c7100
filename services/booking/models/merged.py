"""Patients who turned out to be one person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


class MergedPatient(Base):
    """What was last told of an id: whose it is now, or None when it stands for itself again."""

    __tablename__ = "merged_patients"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    counts_as: Mapped[UUID | None] = mapped_column(index=True)
    changed_at: Mapped[datetime]
