"""All that notify knows of one person: how they are reached, what they agreed to, what was sent and what they wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis import audit
from services.notify.models import Attempt, Callback, Choice, Consent, Contact, Link, Message, Referral, Reply, Task
from services.notify.people.addresses import AddressBook
from services.notify.why.reasons import phrase, title

_NAMES = ("name", "phone", "email")
_OF_TASK = ("id", "kind", "referral_id", "session_id", "message_id", "code", "created_at", "done_at")
_OF_LINK = ("id", "purpose", "object_id", "created_at", "expires_at", "revoked_at")
_TOLD = ("language", "text_consent", "email_consent", "consented_at", "timezone")


def of(session: Session, book: AddressBook, patient_id: UUID) -> dict[str, Any]:
    """JSON. Of messages to physicians about the patient: that there was one, of which kind, and when."""
    contact = session.get(Contact, patient_id)
    messages, attempts = session.scalars(_messages(patient_id)).all(), session.scalars(_attempts(patient_id)).all()
    tasks = session.scalars(_about(Task, Task.patient_id, patient_id)).all()
    return {
        "contact": _contact(book, contact) if contact else None,
        "consents": [_consent(row) for row in session.scalars(_consents(patient_id))],
        "messages": [_message(row) for row in messages],
        "attempts": [_attempt(book, row) for row in attempts],
        "reports": [_report(book, row) for row in session.scalars(_reports(attempts))],
        "replies": [_reply(book, row) for row in session.scalars(_replies(patient_id))],
        "times_offered": [_choice(row) for row in session.scalars(_choices(patient_id))],
        "tasks": [_plain(row, _OF_TASK) for row in tasks],
        "links": [_plain(row, _OF_LINK) for row in session.scalars(_about(Link, Link.recipient, patient_id))],
        "audit": audit.told(session, {patient_id, *_ids(messages, tasks), *(row.referral_id for row in messages)}),
    }


def _contact(book: AddressBook, row: Contact) -> dict[str, Any]:
    opened = {name: book.open(value) if (value := getattr(row, name)) else None for name in _NAMES}
    return opened | {name: _said(getattr(row, name)) for name in _TOLD}


def _consents(patient_id: UUID) -> Any:
    return select(Consent).where(Consent.person_id == patient_id).order_by(Consent.at)


def _consent(row: Consent) -> dict[str, Any]:
    return _plain(row, ("id", "channel", "agreed", "source", "at"))


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
    names = ("id", "message_id", "channel", "started_at", "ended_at", "outcome", "code")
    return {name: _said(getattr(row, name)) for name in names} | {"to": book.open(row.address) if row.address else None}


def _replies(patient_id: UUID) -> Any:
    return select(Reply).where(Reply.patient_id == patient_id).order_by(Reply.received_at)


def _reply(book: AddressBook, row: Reply) -> dict[str, Any]:
    understood = {"understood_as": row.meaning, "received_at": row.received_at.isoformat()}
    text = book.open(row.body) if row.body else None
    return {"id": str(row.id), "text": text, **understood, "session_id": _said(row.session_id)}


def _reports(attempts: Sequence[Attempt]) -> Any:
    return select(Callback).where(Callback.attempt_id.in_([row.id for row in attempts])).order_by(Callback.id)


def _report(book: AddressBook, row: Callback) -> dict[str, Any]:
    """What a provider told of an attempt, in its own words."""
    told = json.loads(book.open(row.content) or "{}") if row.content else None
    return _plain(row, ("attempt_id", "provider", "event", "received_at")) | {"content": told}


def _choices(patient_id: UUID) -> Any:
    mine = select(Referral.id).where(Referral.patient_id == patient_id)
    return select(Choice).where(Choice.referral_id.in_(mine)).order_by(Choice.asked_at, Choice.visit_id)


def _choice(row: Choice) -> dict[str, Any]:
    names = ("visit_id", "asked_at", "starts_at", "chosen", "refused_at")
    return _plain(row, names) | {"times": [_said(time) for time in row.times]}


def _about(kind: Any, whose: Any, patient_id: UUID) -> Any:
    return select(kind).where(whose == patient_id).order_by(kind.id)


def _ids(*kinds: Sequence[Any]) -> list[UUID]:
    return [row.id for rows in kinds for row in rows]


def _plain(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _said(getattr(row, name)) for name in names}


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
