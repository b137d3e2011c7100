"""Referrals. Whatever tells about the patient's health is inside a sealed document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.contracts.referrals import Updates
from services.referrals.course.stages import OVER, WAITING, WATCHED, Stage
from services.referrals.models.base import Base
from services.referrals.models.following import Visit
from services.referrals.models.people import Patient, Physician


def _among(stages: tuple[str, ...]) -> str:
    return f"status IN ({', '.join(repr(stage) for stage in stages)})"


TERMS = "issued_on", "valid_until", "visits", "frequency_visits", "frequency_days", "session_minutes"
"""What has to be known before a review."""
_KNOWN = " AND ".join(f"{name} IS NOT NULL" for name in TERMS)


class Referral(Base):
    __tablename__ = "referrals"
    __table_args__: Any = (
        CheckConstraint(_among(get_args(Stage)), name="status_known"),
        CheckConstraint(f"{_among(('needs_information', 'declined', *OVER))} OR ({_KNOWN})", name="terms_known"),
        Index(None, "status", "id"),
        Index(None, "received_from", "id"),
        Index("referrals_to_expire", "valid_until", postgresql_where=text(_among(WAITING))),
        Index("referrals_to_start", "start_by", postgresql_where=text(_among(WAITING))),
        Index("referrals_reminded", "reminded_at", postgresql_where=text("reminded_at IS NOT NULL")),
        Index("referrals_quiet", "changed_at", postgresql_where=text(f"reminded_at IS NULL AND {_among(WATCHED)}")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True, server_default=text("next_reference()"))
    """The practice's own number, for people: `R-2026-000123`."""
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    physician_id: Mapped[UUID] = mapped_column(ForeignKey("physicians.id"), index=True)
    status: Mapped[Stage]
    version: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(index=True)
    received_from: Mapped[str]
    """The account that sent it."""
    missing: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    """Names of what is asked for, with dots: `frequency.visits`."""

    issued_on: Mapped[date | None]
    start_by: Mapped[date | None]
    valid_until: Mapped[date | None]
    visits: Mapped[int | None]
    frequency_visits: Mapped[int | None]
    frequency_days: Mapped[int | None]
    session_minutes: Mapped[int | None]
    techniques: Mapped[list[str]]
    home_visit: Mapped[bool]
    updates: Mapped[Updates]
    renews_id: Mapped[UUID | None] = mapped_column(ForeignKey("referrals.id"), index=True)
    """The referral that it continues."""

    clinical: Mapped[str]
    """Sealed: the fields named in `receive.CLINICAL`."""
    review: Mapped[str | None]
    """Sealed: what the therapist added (`review.Review`), signed with what was seen; or the reason of a decline."""
    review_started_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    """Who reviews it, or did."""

    visits_kept: Mapped[int] = mapped_column(server_default=text("0"))
    visit_news: Mapped[str | None]
    """What was last told of one of its visits."""
    visit_news_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    """When the practice first spoke with the patient about it: noted, or a series was booked."""
    first_visit_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    """When its last series was completed."""
    cancel_asked_at: Mapped[datetime | None]
    """When the physician's office asked to cancel it."""
    ended_at: Mapped[datetime | None]
    """When it was withdrawn, expired or closed."""
    ended_because: Mapped[str | None]
    """A code: why it was closed, or which date passed."""
    changed_at: Mapped[datetime] = mapped_column(server_default=func.fascia_now(), onupdate=func.fascia_now())
    reminded_at: Mapped[datetime | None]
    """When the desk was told that nothing happens; None again with the next change."""

    patient: Mapped[Patient] = relationship()
    physician: Mapped[Physician] = relationship()
    visits_told: Mapped[list[Visit]] = relationship(viewonly=True)
    """What booking told of its visits."""
    copies: Mapped[list[ReferralCopy]] = relationship(order_by="ReferralCopy.place")


class ReferralCopy(Base):
    """A further physician who hears of a referral."""

    __tablename__ = "referral_copies"

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), primary_key=True)
    physician_id: Mapped[UUID] = mapped_column(ForeignKey("physicians.id"), primary_key=True, index=True)
    updates: Mapped[Updates]
    place: Mapped[int]

    physician: Mapped[Physician] = relationship()


class ReferralVersion(Base):
    """What a referral authorised before an amendment."""

    __tablename__ = "referral_versions"

    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    terms: Mapped[str]
    """Sealed: the fields of `AmendSchema`."""
    amended_at: Mapped[datetime]
    """When the next version took its place."""
    amended_by: Mapped[str]


class PlacerNumber(Base):
    """A number under which an order was sent: it stands for one referral of its sender, for ever."""

    __tablename__ = "placer_numbers"

    key: Mapped[str] = mapped_column(primary_key=True)
    """Keyed hash of the numbering system and the number."""
    sender: Mapped[str] = mapped_column(primary_key=True)
    """The account of the office; empty is the practice."""
    fingerprint: Mapped[str]
    """Keyed hash of everything that was sent under it."""
    referral_id: Mapped[UUID] = mapped_column(
        ForeignKey("referrals.id", deferrable=True, initially="DEFERRED"), index=True
    )
