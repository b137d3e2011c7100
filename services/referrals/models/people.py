"""Patients and physicians. Whatever tells about a person is inside a sealed document, or a keyed hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.referrals.models.base import Base, Decision, Verdict


class Patient(Base):
    __tablename__ = "patients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact: Mapped[str]
    """Sealed: name, born_on, phone, email, language, text_consent, email_consent."""
    version: Mapped[int]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"), index=True)
    """The record that counts, where this one turned out to be of the same person."""
    erased_at: Mapped[datetime | None]


class PatientKey(Base):
    """A keyed hash by which a patient is looked for; `matching` says of what."""

    __tablename__ = "patient_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True, index=True)


class PatientMatch(Base):
    """Two records that may be one person, until somebody at the desk decides."""

    __tablename__ = "patient_matches"
    __table_args__: Any = (
        CheckConstraint("verdict IN ('open', 'merged', 'apart')", name="verdict"),
        UniqueConstraint("patient_id", "other_id"),
        Index("patient_matches_open", "id", postgresql_where=text("verdict = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    """The newer record."""
    other_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    referral_id: Mapped[UUID | None] = mapped_column(ForeignKey("referrals.id"))
    """The referral that came in with the newer record; None when the desk merged unasked."""
    score: Mapped[int]
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What was compared → how it came out; no words about the person."""
    verdict: Mapped[Verdict]
    raised_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class Physician(Base):
    __tablename__ = "physicians"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    npi: Mapped[str] = mapped_column(unique=True)
    contact: Mapped[str]
    """Sealed: name, practice, licence, phone, fax, email, delivery."""
    version: Mapped[int]


class PhysicianAccount(Base):
    """An account that speaks for a physician: what it says of their contact counts at once."""

    __tablename__ = "physician_accounts"

    account: Mapped[str] = mapped_column(primary_key=True)
    physician_id: Mapped[UUID] = mapped_column(ForeignKey("physicians.id"), primary_key=True, index=True)


class PhysicianProposal(Base):
    """Another contact for a known physician, that came with a referral: not used until it is confirmed."""

    __tablename__ = "physician_proposals"
    __table_args__: Any = (
        CheckConstraint("decision IN ('open', 'confirmed', 'refused')", name="decision"),
        UniqueConstraint("physician_id", "fingerprint"),
        Index("physician_proposals_open", "id", postgresql_where=text("decision = 'open'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    physician_id: Mapped[UUID] = mapped_column(ForeignKey("physicians.id"))
    referral_id: Mapped[UUID] = mapped_column(ForeignKey("referrals.id", deferrable=True, initially="DEFERRED"))
    contact: Mapped[str]
    """Sealed: only what differs from what is known."""
    fingerprint: Mapped[str]
    """Keyed hash of it: the same is proposed once."""
    decision: Mapped[Decision]
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
