"""What came in, what a person has to do, and what is paused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base, id_, now_


class Reply(Base):
    """A text that came in, sealed, and what we understood."""

    __tablename__ = "replies"
    __table_args__ = (
        Index(None, "patient_id"),
        Index(None, "sender_hash"),
        Index(None, "session_id"),
        Index(None, "message_id"),
        Index("replies_answered", "referral_id", postgresql_where=text("answer IS NOT NULL")),
    )

    id: Mapped[UUID] = id_()
    provider_id: Mapped[str] = mapped_column(unique=True)
    sender_hash: Mapped[bytes]
    patient_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    offer_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    """Of the text of ours that it answers."""
    referral_id: Mapped[UUID | None]
    """Of the text that answers it,"""
    answer: Mapped[str | None]
    """and its kind: `opted_out`, `we_will_call`."""
    meaning: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime] = now_()


class Task(Base):
    """Something that a person at the desk has to do; one for each kind and thing it is about."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("kind", "about"),
        Index("tasks_open", "created_at", postgresql_where=text("done_at IS NULL")),
        Index(None, "message_id"),
        Index(None, "patient_id"),
        Index(None, "session_id"),
    )

    id: Mapped[UUID] = id_()
    kind: Mapped[str]
    about: Mapped[UUID]
    """The message, the reply or the task of booking that raised it."""
    message_id: Mapped[UUID | None]
    reply_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    referral_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    code: Mapped[str | None]
    created_at: Mapped[datetime] = now_()
    done_at: Mapped[datetime | None]


class Pause(Base):
    """A channel whose provider refuses our configuration: nothing is sent on it until then, and from then on
    one message at a time, the probe, until one is taken."""

    __tablename__ = "pauses"

    channel: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    code: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default="1")
    """In a row, of the probes and of what came before them."""
    probe: Mapped[UUID | None]
    """The message that is being tried."""


class Bucket(Base):
    """How many texts a sender may send at once, as of an instant of the real clock."""

    __tablename__ = "buckets"

    sender: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime]
