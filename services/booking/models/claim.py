"""The time that sessions take, and what was told of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from services.booking.models.base import Base


class History(Base):
    """What was told of a session, version by version; rows are only ever added."""

    __tablename__ = "session_history"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    event: Mapped[str]
    data: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Claim(Base):
    """A resource is taken for a time, buffers inside it; no two claims of one resource overlap."""

    __tablename__ = "claims"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(resource_id, resource_id, '[]')"), "&&"),
            ("during", "&&"),
            name="claims_one_at_a_time",
        ),
        Index("claims_until", text("upper(during)")),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"), primary_key=True)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
