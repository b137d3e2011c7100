"""What notify was told of referrals, series, visits, offers and renewals."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base, id_


class Referral(Base):
    __tablename__ = "referrals"
    __table_args__ = (
        Index(None, "patient_id"),
        Index(None, "physician_id"),
        Index("referrals_copies", "copies", postgresql_using="gin", postgresql_ops={"copies": "jsonb_path_ops"}),
    )

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    reference: Mapped[str]
    patient_id: Mapped[UUID]
    physician_id: Mapped[UUID]
    updates: Mapped[str]
    sent_by: Mapped[str | None]
    """The account that sent it: it may see what was sent to whom, and when."""
    received_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    copies: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    """Further physicians: `physician_id` and `updates` of each."""


class Series(Base):
    __tablename__ = "series"
    __table_args__ = (Index(None, "referral_id"), Index(None, "patient_id"))

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    referral_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    visits: Mapped[int]
    completed: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    booked_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    """While it holds: a series may be opened again."""
    cancelled_at: Mapped[datetime | None]


class SeriesAct(Base):
    """How many visits a series had as of each of its versions."""

    __tablename__ = "series_acts"
    __table_args__ = (Index(None, "referral_id"),)

    series_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    referral_id: Mapped[UUID]
    at: Mapped[datetime]
    visits: Mapped[int]
    completed: Mapped[int | None]
    """How many had taken place when it was completed; None for every other act."""


class Visit(Base):
    """A session of a series; named so as not to be taken for a database session."""

    __tablename__ = "visits"
    __table_args__ = (
        Index(None, "referral_id"),
        Index(None, "patient_id"),
        Index("visits_times_wanted", "times_look_at", postgresql_where=text("times_look_at IS NOT NULL")),
    )

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    series_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    number: Mapped[int]
    of_visits: Mapped[int]
    status: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    home_visit: Mapped[bool]
    timezone: Mapped[str | None]
    completed_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    """When the patient wrote that they cannot come,"""
    cancel_asked_for: Mapped[datetime | None]
    """and at which time."""
    times_asked_at: Mapped[datetime | None]
    """When the patient wrote that they want another time,"""
    times_asked_for: Mapped[datetime | None]
    """instead of which,"""
    times_gone: Mapped[bool] = mapped_column(server_default="false")
    """and whether because the one that they had chosen was gone."""
    times_look_at: Mapped[datetime | None]
    """When booking is to be asked for them; None once it was."""


class Choice(Base):
    """Other times that were found for a visit, in the order of their digits, and the one that was picked."""

    __tablename__ = "choices"
    __table_args__ = (Index(None, "referral_id"),)

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    """The time that the visit had."""
    times: Mapped[list[datetime]]
    gone: Mapped[bool] = mapped_column(server_default="false")
    """They are instead of one that was chosen and is gone."""
    reply_id: Mapped[UUID | None] = mapped_column(unique=True)
    chosen: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class VisitAct(Base):
    """What was done with a visit, version by version, and its time and place from then on."""

    __tablename__ = "visit_acts"
    __table_args__ = (Index(None, "referral_id"),)

    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    referral_id: Mapped[UUID]
    what: Mapped[str]
    starts_at: Mapped[datetime]
    place: Mapped[str | None]
    """The address where it is not the clinic's only one; `home`."""
    at: Mapped[datetime | None]
    by: Mapped[str | None]
    moved_from: Mapped[datetime | None]


class Offer(Base):
    """A freed time that is or was offered to a patient, and what they said."""

    __tablename__ = "offers"
    __table_args__ = (Index(None, "referral_id"), Index(None, "patient_id"))

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    referral_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    timezone: Mapped[str | None]
    answer_by: Mapped[datetime]
    offered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    how: Mapped[str | None]
    wanted: Mapped[bool | None]
    answered_at: Mapped[datetime | None]


class Renewal(Base):
    """The physician is to be asked for a renewal."""

    __tablename__ = "renewals"
    __table_args__ = (Index(None, "referral_id"),)

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID]
    advised_at: Mapped[datetime]


class Replan(Base):
    """A referral whose messages are to be planned anew; once for each reason that there was.

    `urgent`: somebody said something, and nothing about it leaves before that is planned.
    """

    __tablename__ = "replans"
    __table_args__ = (
        Index(None, "referral_id"),
        Index("replans_urgent", "id", postgresql_where=text("urgent")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    referral_id: Mapped[UUID]
    urgent: Mapped[bool] = mapped_column(server_default="false")
