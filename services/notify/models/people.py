"""Who can be reached, where, and who must not be."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, column_property, mapped_column

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
    __table_args__ = (Index(None, "phone_hash"), Index(None, "email_hash"))

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
    told_language: Mapped[str] = mapped_column("language")
    chosen_language: Mapped[str | None] = mapped_column()
    """By the person or the desk; it holds whatever a later referral says."""
    language: Mapped[str] = column_property(func.coalesce(chosen_language, told_language))
    text_consent: Mapped[bool]
    email_consent: Mapped[bool]
    consented_at: Mapped[datetime | None]
    timezone: Mapped[str | None]
    delivery: Mapped[str] = mapped_column(server_default="email")
    """To physicians: `email` or `fax`."""


class MergedPatient(Base):
    """Of which person a record is; every record of a person of several has a row, the one that counts too."""

    __tablename__ = "merged_patients"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    """The record that counts for all, at the end of what follows."""
    counts_as: Mapped[UUID | None]
    """What was last told of it: as which record it counts, or None for itself,"""
    changed_at: Mapped[datetime]
    """and since when."""


class Consent(Base):
    """What a person said about being written to on a channel; everything that was said is kept.

    `source`: `referral`, or the person's own: `reply`, `provider`, `desk`, `link`.
    """

    __tablename__ = "consents"
    __table_args__ = (Index(None, "person_id", "channel", "at"),)

    id: Mapped[UUID] = id_()
    person_id: Mapped[UUID]
    channel: Mapped[str]
    agreed: Mapped[bool]
    source: Mapped[str]
    at: Mapped[datetime]
    noted_at: Mapped[datetime] = now_()


class Block(Base):
    """An address that must not be written to: opted out, bounced, not a mobile number."""

    __tablename__ = "blocks"

    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime] = now_()
