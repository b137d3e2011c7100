"""The practice: its people, its rooms, and when they are open."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Float, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.booking.clinic.messages import told
from services.booking.models.base import Base
from services.booking.practice.travel import Position, position
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
            messages=told(self.policy["messages"]) if "messages" in self.policy else None,
        )


class Location(Base):
    """A place where the clinic treats. `state` is two letters of `country`, an ISO 3166 code."""

    __tablename__ = "locations"
    __table_args__ = (UniqueConstraint("key", name="locations_key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str]
    country: Mapped[str]
    state: Mapped[str | None]
    address: Mapped[str]
    latitude: Mapped[float | None] = mapped_column(Float(53))
    longitude: Mapped[float | None] = mapped_column(Float(53))
    active: Mapped[bool]

    @property
    def position(self) -> Position | None:
        return position(self.latitude, self.longitude)


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
    sex: Mapped[str | None]
    techniques: Mapped[list[str]]
    certifications: Mapped[list[str]]
    experience: Mapped[dict[str, Any]]
    """Series treated elsewhere, by ICD-10-CM category."""
    languages: Mapped[list[str]]
    buffer_minutes: Mapped[int]
    home_visits: Mapped[bool]
    base_latitude: Mapped[float | None] = mapped_column(Float(53))
    base_longitude: Mapped[float | None] = mapped_column(Float(53))
    active: Mapped[bool]
    hours: Mapped[list[Hours]] = relationship(order_by="Hours.weekday, Hours.opens")
    special_hours: Mapped[list[SpecialHours]] = relationship(order_by="SpecialHours.on_date, SpecialHours.opens")
    licences: Mapped[list[Licence]] = relationship(order_by="Licence.state, Licence.number")

    @property
    def base(self) -> Position | None:
        return position(self.base_latitude, self.base_longitude)


class Licence(Base):
    """A state's leave to treat there, in force from `valid_from` (None: always) to `valid_until`, both included."""

    __tablename__ = "licences"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"), primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date]


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True, autoincrement=False)
    key: Mapped[str]
    name: Mapped[str]
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))
    equipment: Mapped[list[str]]
    active: Mapped[bool]


class Hours(Base):
    """Open each week from `opens` to `closes`, local time of the location; 0 is Monday."""

    __tablename__ = "hours"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]
    location_id: Mapped[int] = mapped_column(ForeignKey("locations.id"))


class SpecialHours(Base):
    """Instead of the weekly hours on one date; from 00:00 to 00:00 when there are none that day."""

    __tablename__ = "special_hours"

    therapist_id: Mapped[int] = mapped_column(ForeignKey("therapists.id"), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    opens: Mapped[time] = mapped_column(primary_key=True)
    closes: Mapped[time]
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))


class Closure(Base):
    """Closed on these dates, both included: one location, or all."""

    __tablename__ = "closures"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str]
    location_id: Mapped[int | None] = mapped_column(ForeignKey("locations.id"))


class Absence(Base):
    """A therapist who is away, or a room that cannot be used. `reason` is a code, never a word about health."""

    __tablename__ = "absences"
    __table_args__ = (
        Index(
            "absences_in_force",
            "resource_id",
            text("upper(during)"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str]
    entered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
