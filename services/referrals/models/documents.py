"""Documents that came with a referral, and the one-time codes of printed forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.referrals.models.base import Base

FormKind = Literal["referral", "permission"]


class IntakeCode(Base):
    """What a form's QR code says: it opens one referral, once."""

    __tablename__ = "intake_codes"
    __table_args__: Any = (CheckConstraint("kind IN ('referral', 'permission')", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    """Keyed hash: the code itself is on the paper only."""
    kind: Mapped[FormKind] = mapped_column(Text)
    physician_id: Mapped[UUID | None] = mapped_column(ForeignKey("physicians.id"), index=True)
    """Whose practice the form was made for; None: anybody's."""
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referrals.id"), index=True)
    """What it became."""


class Document(Base):
    """A file as it came, sealed. Without a referral it waits for somebody at the desk to read it."""

    __tablename__ = "documents"
    __table_args__: Any = (
        UniqueConstraint("referral_id", "sha256"),
        Index("documents_waiting", "id", postgresql_where=text("referral_id IS NULL")),
        Index(None, "discarded_at", postgresql_where=text("discarded_at IS NOT NULL")),
        CheckConstraint("discarded_at IS NULL OR referral_id IS NULL", name="discarded"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referrals.id"))
    code_id: Mapped[UUID | None] = mapped_column(ForeignKey("intake_codes.id"), index=True)
    """The code that was scanned with it."""
    content: Mapped[str] = mapped_column(deferred=True)
    """Sealed bytes."""
    sha256: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    """Bytes."""
    received_at: Mapped[datetime]
    received_from: Mapped[str]
    waits_since: Mapped[datetime] = mapped_column(server_default=func.fascia_now())
    """When it came, or was taken back."""
    reminded_at: Mapped[datetime | None]
    """When the desk was told that it waits."""
    discarded_at: Mapped[datetime | None]
    """Thrown away, by the desk or by time; until it is gone for good it can be taken back."""
