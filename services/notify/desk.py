"""The desk's tasks: what a person has to do because a message cannot.

Kinds: `call_patient` and `send_by_fax` (nothing else reaches them), `address_wrong`, `not_delivered`,
`unknown_delivery` (did it arrive?), `read_reply`, `cancel_meant` (CANCEL stops all texts: was the visit meant?);
`another_time` (the patient wants one, and we could offer none);
`channel_stopped` (our account at the provider is refused); and what booking asks for: `uncovered_visits`,
`absence`, `note`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.contracts.booking import DeskAsked
from services.notify.models import Message, Reply, Task, Visit


def ask_about(session: Session, kind: str, message: Message, code: str | None = None) -> None:
    _ask(
        session, kind, message.id, message_id=message.id, patient_id=message.patient_id,
        referral_id=message.referral_id, session_id=message.session_id, code=code,
    )  # fmt: skip


def ask_to_read(session: Session, kind: str, reply: Reply) -> None:
    about = {"patient_id": reply.patient_id, "session_id": reply.session_id, "message_id": reply.message_id}
    _ask(session, kind, reply.id, reply_id=reply.id, **about)


def ask_for_times(session: Session, visit: Visit) -> None:
    """The patient wants another time, and none was found."""
    about = {"patient_id": visit.patient_id, "referral_id": visit.referral_id, "session_id": visit.id}
    _ask(session, "another_time", visit.id, **about)


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


def has_another_time(session: Session, visit_id: UUID, at: datetime | None) -> None:
    """It was moved or called off after the patient asked for another time."""
    asked = select(Visit.id).where(Visit.id == visit_id, Visit.times_asked_at <= at)
    if session.scalar(asked):
        settle(session, "another_time", visit_id)


def ask_to_repair(session: Session, about: UUID, channel: str, code: str | None) -> None:
    """The account at a provider is not in order."""
    _ask(session, "channel_stopped", about, code=f"{channel}:{code}" if code else channel)


def is_asked(session: Session, about: UUID, kind: str = "unknown_delivery") -> bool:
    """Whether such a task is open."""
    open_one = select(Task.id).where(Task.kind == kind, Task.about == about, Task.done_at.is_(None))
    return session.scalar(open_one) is not None


def _ask(session: Session, kind: str, about: UUID, **facts: Any) -> None:
    row = insert(Task).values(id=new_id(), kind=kind, about=about, **facts)
    changes = {"done_at": None, "code": facts.get("code")}
    again = row.on_conflict_do_update(index_elements=["kind", "about"], set_=changes).returning(Task.id)
    task_id = session.execute(again).scalar_one()
    audit.record(session, "task_raised", "task", task_id, kind=kind)
