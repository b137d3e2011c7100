"""What was written to and by a patient of late, for whoever has to answer them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.chassis.seal import Seal
from services.notify.models import Message, Reply

FOR, LONGEST = timedelta(days=7), 20

Line = dict[str, Any]
"""`at`, and either the `kind` of a text of ours or the `text` of one of theirs."""


def conversations(session: Session, seal: Seal, patients: Iterable[UUID]) -> dict[UUID, list[Line]]:
    """By patient, oldest first; our own words are not kept, only what they were about."""
    lines: dict[UUID, list[Line]] = {id_: [] for id_ in patients}
    since = func.fascia_now() - FOR
    ours: Any = session.execute(
        select(Message.patient_id, Message.sent_at, Message.kind)
        .where(Message.patient_id.in_(lines), Message.role == "patient", Message.channel == "text")
        .where(Message.sent_at > since)
    )
    theirs: Any = session.execute(
        select(Reply.patient_id, Reply.received_at, Reply.body)
        .where(Reply.patient_id.in_(lines), Reply.received_at > since)
    )  # fmt: skip
    for patient_id, at, kind in ours:
        lines[patient_id].append({"at": at, "kind": kind})
    for patient_id, at, body in theirs:
        lines[patient_id].append({"at": at, "text": seal.open(body) if body else ""})
    return {id_: sorted(told, key=_at)[-LONGEST:] for id_, told in lines.items()}


def _at(line: Line) -> datetime:
    at: datetime = line["at"]
    return at
