"""The practice: its people, its rooms, and when they are open."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.models.base import Base
from services.contracts.booking import ClinicChanged


class Clinic(Base):
    __tablename__ = "clinic"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    timezone: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    policy: Mapped[dict[str, Any]]
    version: Mapped[int]

    def changed(self) -> ClinicChanged:
        return ClinicChanged(
            clinic_id=self.id,
            version=self.version,
            name=self.name,
            timezone=self.timezone,
            phone=self.phone,
            email=self.email,
            address=self.address,
            language=self.language,
            reminder_minutes=tuple(self.policy["reminder_minutes"]),
        )


class Resource(Base):
    """Whoever or whatever can be in one place at a time: a therapist, a room, a patient."""

    __tablename__ = "resources"
    __table_args__ = (UniqueConstraint("kind", "key", name="resources_kind_key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]


class Therapist(Base):
    __tablename__ = "therapists"

    id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)
    key: Mapped[str]
    name: Mapped[str]
    licence_state: Mapped[str]
    licence_number: Mapped[str]
    licence_valid_until: Mapped[date]
    techniques: Mapped[list[str]]
    languages: Mapped[list[str]]
    buffer_minutes: Mapped[int]
    active: Mapped[bool]
    hours: Mapped[list[Hours]] = relationship(order_by="Hours.weekday, Hours.opens")


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)
    key: Mapped[str]
    name: Mapped[str]
    active: Mapped[bool]


class Hours(Base):
    """Open each week from `opens` to `closes`, local time; 0 is Monday."""

    __tablename__ = "hours"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]


class Closure(Base):
    __tablename__ = "closures"

    first_on: Mapped[date] = mapped_column(primary_key=True)
    last_on: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str]
