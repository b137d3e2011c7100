"""Calendar feeds: whoever knows the address may read, until it is revoked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


class Feed(Base):
    """The calendar of a therapist, a room or a patient; only a hash of the token in its address is kept."""

    __tablename__ = "feeds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
