"""The desk's tasks: what a person has to do because a message cannot.

Kinds: `call_patient` and `send_by_fax` (nothing else reaches them), `address_wrong`, `not_delivered`,
`unknown_delivery` (did it arrive?), `read_reply`, `cancel_meant` (CANCEL stops all texts: was the visit meant?);
and what booking asks for: `uncovered_visits`, `absence`, `note`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.contracts.booking import DeskAsked
from services.notify.models import Message, Reply, Task


def ask_about(session: Session, kind: str, message: Message, code: str | None = None) -> None:
    _ask(
        session, kind, message.id, message_id=message.id, patient_id=message.patient_id,
        referral_id=message.referral_id, session_id=message.session_id, code=code,
    )  # fmt: skip


def ask_to_read(session: Session, kind: str, reply: Reply) -> None:
    _ask(session, kind, reply.id, reply_id=reply.id, patient_id=reply.patient_id)


def asked(session: Session, event: DeskAsked) -> None:
    """Booking's own task, once however often it is told; one that is done stays done."""
    row = insert(Task).values(
        id=new_id(), kind=event.about, about=event.task_id, patient_id=event.patient_id,
        referral_id=event.referral_id, session_id=event.session_id,
    )  # fmt: skip
    if task_id := session.scalar(row.on_conflict_do_nothing().returning(Task.id)):
        audit.record(session, "task_raised", "task", task_id, kind=event.about)


def settle(session: Session, kind: str, about: UUID) -> None:
    """The task is done, as what it asked for has happened by itself."""
    session.execute(
        update(Task)
        .where(Task.kind == kind, Task.about == about, Task.done_at.is_(None))
        .values(done_at=func.fascia_now())
    )


def _ask(session: Session, kind: str, about: UUID, **facts: Any) -> None:
    row = insert(Task).values(id=new_id(), kind=kind, about=about, **facts)
    changes = {"done_at": None, "code": facts.get("code")}
    again = row.on_conflict_do_update(index_elements=["kind", "about"], set_=changes).returning(Task.id)
    task_id = session.execute(again).scalar_one()
    audit.record(session, "task_raised", "task", task_id, kind=kind)
