"""What notify remembers: who can be reached, what it knows of series and visits, and every message."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.chassis import database
from services.chassis.ids import new_id


class Base(DeclarativeBase):
    metadata = database.metadata()
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        list[int]: ARRAY(Integer),
    }


def _id() -> Any:
    return mapped_column(primary_key=True, default=new_id)


def _now() -> Any:
    return mapped_column(server_default=func.fascia_now())


class Clinic(Base):
    __tablename__ = "clinic"

    id: Mapped[UUID] = _id()
    version: Mapped[int]
    name: Mapped[str]
    timezone: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    address: Mapped[str]
    language: Mapped[str]
    reminder_minutes: Mapped[list[int]]


class Contact(Base):
    """A patient or a physician. Name and addresses are sealed; their keyed hashes are for looking up."""

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "phone_hash"),)

    id: Mapped[UUID] = _id()
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


class Block(Base):
    """An address that must not be written to: opted out, bounced, not a mobile number."""

    __tablename__ = "blocks"

    address_hash: Mapped[bytes] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime] = _now()


class Referral(Base):
    __tablename__ = "referrals"
    __table_args__ = (Index(None, "patient_id"), Index(None, "physician_id"))

    id: Mapped[UUID] = _id()
    version: Mapped[int]
    reference: Mapped[str]
    patient_id: Mapped[UUID]
    physician_id: Mapped[UUID]
    updates: Mapped[str]
    received_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]


class Series(Base):
    __tablename__ = "series"
    __table_args__ = (Index(None, "referral_id"), Index(None, "patient_id"))

    id: Mapped[UUID] = _id()
    version: Mapped[int]
    referral_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    visits: Mapped[int]
    completed: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    booked_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]


class Visit(Base):
    """A session of a series; named so as not to be taken for a database session."""

    __tablename__ = "visits"
    __table_args__ = (Index(None, "referral_id"), Index(None, "patient_id"))

    id: Mapped[UUID] = _id()
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
    completed_at: Mapped[datetime | None]


class Message(Base):
    """One message to one recipient. The logical key stops a second one about the same thing.

    `ready_at` is when it may be claimed: `due_at`, or later after a failure that is tried again.
    `fence` counts the owners of the row; who holds an old one may not write its result.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint(
            "subject_id", "starts_at", "kind", "channel", "recipient",
            name="messages_logical_key", postgresql_nulls_not_distinct=True,
        ),
        Index("messages_ready", "channel", "ready_at", postgresql_where=text("state = 'planned'")),
        Index("messages_closing", "send_before", postgresql_where=text("state = 'planned'")),
        Index("messages_leased", "leased_until", postgresql_where=text("state = 'sending'")),
        Index("messages_unknown", "look_at", postgresql_where=text("state = 'unknown'")),
        Index(None, "referral_id"),
        Index(None, "patient_id"),
        Index(None, "session_id"),
    )  # fmt: skip

    id: Mapped[UUID] = _id()
    subject_id: Mapped[UUID]
    starts_at: Mapped[datetime | None]
    kind: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[UUID]
    role: Mapped[str]
    patient_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    series_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="planned")
    reason: Mapped[str | None]
    due_at: Mapped[datetime]
    ready_at: Mapped[datetime]
    send_before: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    attempt_id: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    fence: Mapped[int] = mapped_column(server_default="0")
    leased_until: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = _now()
    changed_at: Mapped[datetime] = mapped_column(server_default=func.fascia_now(), onupdate=func.fascia_now())
    tries: Mapped[list[Attempt]] = relationship(order_by="Attempt.started_at", viewonly=True)


class Attempt(Base):
    """The intent to call a provider, written before the call, and what came of it.

    Times are the real clock's, as the provider's are. The address is sealed, the digest keyed.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "message_id"), Index(None, "provider_id"))

    id: Mapped[UUID] = _id()
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    fence: Mapped[int]
    channel: Mapped[str]
    address: Mapped[str]
    digest: Mapped[bytes]
    started_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    code: Mapped[str | None]
    provider_id: Mapped[str | None]


class Callback(Base):
    """A provider's event as received, sealed; the key recognises it when it comes again."""

    __tablename__ = "callbacks"
    __table_args__ = (Index(None, "attempt_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider: Mapped[str]
    key: Mapped[bytes] = mapped_column(unique=True)
    attempt_id: Mapped[UUID | None]
    event: Mapped[str]
    content: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class Reply(Base):
    """A text that came in, sealed, and what we understood."""

    __tablename__ = "replies"
    __table_args__ = (Index(None, "patient_id"),)

    id: Mapped[UUID] = _id()
    provider_id: Mapped[str] = mapped_column(unique=True)
    sender_hash: Mapped[bytes]
    patient_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    meaning: Mapped[str]
    body: Mapped[str]
    received_at: Mapped[datetime] = _now()


class Link(Base):
    """A capability: whoever holds the token may see this one thing. Only its hash is kept."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("purpose", "series_id", "recipient"),)

    id: Mapped[UUID] = _id()
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[str]
    series_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    recipient: Mapped[UUID]
    role: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = _now()


class Task(Base):
    """Something that a person at the desk has to do; one for each kind and thing it is about."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("kind", "about"),
        Index("tasks_open", "created_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[UUID] = _id()
    kind: Mapped[str]
    about: Mapped[UUID]
    """The message or the reply that raised it."""
    message_id: Mapped[UUID | None]
    reply_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    referral_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    code: Mapped[str | None]
    created_at: Mapped[datetime] = _now()
    done_at: Mapped[datetime | None]


class Pause(Base):
    """A channel whose provider refuses our configuration: nothing is sent on it until then."""

    __tablename__ = "pauses"

    channel: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    code: Mapped[str | None]
