"""Every message, every attempt to send it, what the providers said, and the links in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.notify.models.base import Base, id_, now_


class Message(Base):
    """One message to one recipient. The logical key stops a second one about the same thing.

    `ready_at` is when it may be claimed: `due_at`, or later after a failure that is tried again.
    `fence` counts the owners of the row; who holds an old one may not write its result.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint(
            "subject_id", "starts_at", "happened_at", "kind", "channel", "recipient",
            name="messages_logical_key", postgresql_nulls_not_distinct=True,
        ),
        Index("messages_ready", "channel", "zone", "ready_at", postgresql_where=text("state = 'planned'")),
        Index("messages_closing", "send_before", postgresql_where=text("state = 'planned'")),
        Index("messages_leased", "leased_until", postgresql_where=text("state = 'sending'")),
        Index("messages_unknown", "look_at", postgresql_where=text("state = 'unknown'")),
        Index(None, "referral_id"),
        Index(None, "patient_id"),
        Index(None, "session_id"),
        Index("messages_to_physicians", "recipient", postgresql_where=text("role = 'physician'")),
    )  # fmt: skip

    id: Mapped[UUID] = id_()
    subject_id: Mapped[UUID]
    starts_at: Mapped[datetime | None]
    happened_at: Mapped[datetime | None]
    kind: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[UUID]
    role: Mapped[str]
    patient_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    series_id: Mapped[UUID | None]
    session_id: Mapped[UUID | None]
    zone: Mapped[str]
    was_at: Mapped[datetime | None]
    by: Mapped[str | None]
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
    trail: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    """Every decision about it; see `trail`."""
    covers: Mapped[list[dict[str, Any]] | None]
    """The visits that it tells of, where it tells of several: `session_id` and `starts_at` of each."""
    created_at: Mapped[datetime] = now_()
    changed_at: Mapped[datetime] = mapped_column(server_default=func.fascia_now(), onupdate=func.fascia_now())
    tries: Mapped[list[Attempt]] = relationship(order_by="Attempt.started_at", viewonly=True)


class Attempt(Base):
    """The intent to call a provider, written before the call, and what came of it.

    Times are the real clock's, as the provider's are. The address is sealed, the digest keyed. `ask_at`: when the
    provider is asked what became of a text, if its report is missing; None once there is nothing more to ask.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index(None, "message_id"),
        Index(None, "provider_id"),
        Index("attempts_started", "started_at", postgresql_using="brin"),
        Index("attempts_unreported", "ask_at", postgresql_where=text("outcome = 'sent' AND ask_at IS NOT NULL")),
    )

    id: Mapped[UUID] = id_()
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
    ask_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(server_default="0")


class Callback(Base):
    """A provider's event as received, sealed; the key recognises it when it comes again.

    `follows`: what a worker has yet to do about it, from `try_at` on; `error`: why that did not work so far.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(None, "attempt_id"),
        Index("callbacks_following", "try_at", postgresql_where=text("follows IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    provider: Mapped[str]
    key: Mapped[bytes] = mapped_column(unique=True)
    attempt_id: Mapped[UUID | None]
    event: Mapped[str]
    content: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    follows: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    tries: Mapped[int] = mapped_column(server_default="0")
    try_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    error: Mapped[str | None]


class Link(Base):
    """A capability: whoever holds the token may see this one thing. Only its hash is kept."""

    __tablename__ = "links"
    __table_args__ = (
        Index(
            "links_standing", "purpose", "object_id", "recipient",
            unique=True, postgresql_where=text("revoked_at IS NULL"),
        ),
        Index(None, "recipient"),
    )  # fmt: skip

    id: Mapped[UUID] = id_()
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    purpose: Mapped[str]
    object_id: Mapped[UUID]
    referral_id: Mapped[UUID | None]
    recipient: Mapped[UUID]
    role: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = now_()

    @property
    def series_id(self) -> UUID | None:
        return self.object_id if self.purpose in ("series", "report") else None
