"""Who can be reached, where, and who must not be."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base, id_, now_


class Clinic(Base):
    __tablename__ = "clinic"

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    name: Mapped[str]
    timezone: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    reminder_minutes: Mapped[list[int]]
    messages: Mapped[dict[str, Any] | None]
    """`MessagePolicy` of the clinic, as it was told."""


class Contact(Base):
    """A patient or a physician. Name and addresses are sealed; their keyed hashes are for looking up."""

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "phone_hash"),)

    id: Mapped[UUID] = id_()
    version: Mapped[int]
    role: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    phone_hash: Mapped[bytes | None]
    email: Mapped[str | None]
    email_hash: Mapped[bytes | None]
    fax: Mapped[str | None]
    practice: Mapped[str | None]
    language: Mapped[str]
    text_consent: Mapped[bool]
    email_consent: Mapped[bool]
    consented_at: Mapped[datetime | None]
    timezone: Mapped[str | None]
    delivery: Mapped[str] = mapped_column(server_default="email")
    """To physicians: `email` or `fax`."""


class Block(Base):
    """An address that must not be written to: opted out, bounced, not a mobile number."""

    __tablename__ = "blocks"

    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime] = now_()
