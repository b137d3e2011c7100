"""All that notify knows of one person: how they are reached, what they agreed to, what was sent and what they wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notify.models import Attempt, Consent, Contact, Message, Reply
from services.notify.people.addresses import AddressBook
from services.notify.why.reasons import phrase, title

_NAMES = ("name", "phone", "email")
_TOLD = ("language", "text_consent", "email_consent", "consented_at", "timezone")


def of(session: Session, book: AddressBook, patient_id: UUID) -> dict[str, Any]:
    """JSON. Of messages to physicians about the patient: that there was one, of which kind, and when."""
    contact = session.get(Contact, patient_id)
    return {
        "contact": _contact(book, contact) if contact else None,
        "consents": [_consent(row) for row in session.scalars(_consents(patient_id))],
        "messages": [_message(row) for row in session.scalars(_messages(patient_id))],
        "attempts": [_attempt(book, row) for row in session.scalars(_attempts(patient_id))],
        "replies": [_reply(book, row) for row in session.scalars(_replies(patient_id))],
    }


def _contact(book: AddressBook, row: Contact) -> dict[str, Any]:
    opened = {name: book.open(value) if (value := getattr(row, name)) else None for name in _NAMES}
    return opened | {name: _said(getattr(row, name)) for name in _TOLD}


def _consents(patient_id: UUID) -> Any:
    return select(Consent).where(Consent.person_id == patient_id).order_by(Consent.at)


def _consent(row: Consent) -> dict[str, Any]:
    return {"channel": row.channel, "agreed": row.agreed, "source": row.source, "at": row.at.isoformat()}


def _messages(patient_id: UUID) -> Any:
    return select(Message).where(Message.patient_id == patient_id).order_by(Message.due_at, Message.id)


def _message(row: Message) -> dict[str, Any]:
    names = ("id", "kind", "channel", "role", "state", "due_at", "sent_at", "starts_at", "referral_id", "session_id")
    why = {"title": title(row.kind), "because": phrase(row.reason) if row.reason else None}
    return {name: _said(getattr(row, name)) for name in names} | why


def _attempts(patient_id: UUID) -> Any:
    mine = (Message.recipient == patient_id, Attempt.channel.in_(("text", "email")))
    return select(Attempt).join(Message, Message.id == Attempt.message_id).where(*mine).order_by(Attempt.started_at)


def _attempt(book: AddressBook, row: Attempt) -> dict[str, Any]:
    names = ("message_id", "channel", "started_at", "ended_at", "outcome", "code")
    return {name: _said(getattr(row, name)) for name in names} | {"to": book.open(row.address) if row.address else None}


def _replies(patient_id: UUID) -> Any:
    return select(Reply).where(Reply.patient_id == patient_id).order_by(Reply.received_at)


def _reply(book: AddressBook, row: Reply) -> dict[str, Any]:
    understood = {"understood_as": row.meaning, "received_at": row.received_at.isoformat()}
    return {"text": book.open(row.body) if row.body else None, **understood, "session_id": _said(row.session_id)}


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
