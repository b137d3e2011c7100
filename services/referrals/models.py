"""Patients, physicians, and their referrals. Whatever tells about a person is inside a sealed document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.chassis import database
from services.contracts.referrals import Updates
from services.referrals.stages import Stage

Standing = Literal["open", "completed", "cancelled"]
"""Of a series: open while a visit is still to come."""


class Base(DeclarativeBase):
    metadata = database.metadata()
    type_annotation_map: ClassVar = {
        str: Text,
        Stage: Text,
        Standing: Text,
        Updates: Text,
        date: Date,
        datetime: DateTime(timezone=True),
        list[str]: ARRAY(Text),
    }


class Patient(Base):
    __tablename__ = "patients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    match_key: Mapped[str] = mapped_column(unique=True)
    """Keyed hash of name, date of birth and phone."""
    contact: Mapped[str]
    """Sealed: name, born_on, phone, email, language, text_consent, email_consent."""
    version: Mapped[int]


class Physician(Base):
    __tablename__ = "physicians"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    npi: Mapped[str] = mapped_column(unique=True)
    contact: Mapped[str]
    """Sealed: name, practice, licence, phone, fax, email."""
    version: Mapped[int]


class Referral(Base):
    __tablename__ = "referrals"
    __table_args__: Any = (
        CheckConstraint(
            "status IN ('received', 'accepted', 'declined', 'active', 'completed', 'withdrawn')", name="status_known"
        ),
        Index(None, "status", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, server_default=text("next_reference()"))
    """The practice's own number, for people: `R-2026-000123`."""
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    physician_id: Mapped[UUID] = mapped_column(ForeignKey("physicians.id"), index=True)
    status: Mapped[Stage]
    version: Mapped[int]
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    """The account that sent it."""

    issued_on: Mapped[date]
    start_by: Mapped[date | None]
    valid_until: Mapped[date]
    visits: Mapped[int]
    frequency_visits: Mapped[int]
    frequency_days: Mapped[int]
    session_minutes: Mapped[int]
    techniques: Mapped[list[str]]
    home_visit: Mapped[bool]
    updates: Mapped[Updates]

    clinical: Mapped[str]
    """Sealed: the fields named in `receive.CLINICAL`."""
    review: Mapped[str | None]
    """Sealed: what the therapist added (`review.Review`), signed with what was seen; or the reason of a decline."""
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    visits_kept: Mapped[int] = mapped_column(server_default=text("0"))
    ended_at: Mapped[datetime | None]
    """When the physician's withdrawal was entered."""

    patient: Mapped[Patient] = relationship()
    physician: Mapped[Physician] = relationship()


class PlacerNumber(Base):
    """A number that a physician's office gave one of its orders: it stands for one referral, for ever."""

    __tablename__ = "placer_numbers"

    key: Mapped[str] = mapped_column(primary_key=True)
    """Keyed hash of the numbering system and the number."""
    fingerprint: Mapped[str]
    """Keyed hash of everything that was sent under it."""
    referral_id: Mapped[UUID] = mapped_column(
        ForeignKey("referrals.id", deferrable=True, initially="DEFERRED"), index=True
    )


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
