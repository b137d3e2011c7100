"""The desk's tasks as they are listed, ticked off, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.refusals import NotFound
from services.chassis.seal import Seal
from services.notify.models import Message, Reply, Task
from services.notify.talk.conversation import conversations

DONE_FOR, MOST = timedelta(days=7), 500


def listed(session: Session, seal: Seal, *, done: bool = False, patient_id: UUID | None = None) -> list[dict[str, Any]]:
    """Each with what its patient wrote, and with the message that it is about."""
    query = (
        select(Task, Reply.body, Message)
        .outerjoin(Reply, Reply.id == Task.reply_id)
        .outerjoin(Message, Message.id == Task.message_id)
    )
    if done:
        query = query.where(Task.done_at > func.fascia_now() - DONE_FOR).order_by(Task.done_at.desc())
    else:
        query = query.where(Task.done_at.is_(None)).order_by(Task.created_at)
    if patient_id:
        query = query.where(Task.patient_id == patient_id)
    rows: Any = session.execute(query.limit(MOST)).all()
    said = conversations(session, seal, {task.patient_id for task, _, _ in rows if task.reply_id and task.patient_id})
    return [_shown(task, message, seal.open(body) if body else None, said) for task, body, message in rows]


def _shown(task: Task, message: Message | None, text: str | None, said: dict[UUID, Any]) -> dict[str, Any]:
    facts = {column.key: getattr(task, column.key) for column in Task.__table__.columns}
    theirs = said.get(task.patient_id, []) if task.reply_id and task.patient_id else []
    return facts | {"text": text, "conversation": theirs, "message": message}


def done(session: Session, task_id: UUID) -> Task:
    """Raises `NotFound`. Done twice, it was done the first time."""
    task = _locked(session, task_id)
    if task.done_at is None:
        task.done_at = clock.now(session)
        audit.record(session, "task_done", "task", task.id, kind=task.kind)
    return task


def reopened(session: Session, task_id: UUID) -> Task:
    task = _locked(session, task_id)
    if task.done_at is not None:
        task.done_at = None
        audit.record(session, "task_reopened", "task", task.id, kind=task.kind)
    return task


def _locked(session: Session, task_id: UUID) -> Task:
    task = session.get(Task, task_id, with_for_update=True)
    if task is None:
        raise NotFound
    return task
