"""What notify answers: the messages and their fate, the desk's tasks, what a link opens."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from flask import Flask
from flask_smorest import Blueprint
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from services.chassis import identity, logs
from services.chassis import runtime as runtimes
from services.chassis.api import create_app, runtime
from services.chassis.refusals import NotFound
from services.chassis.settings import load
from services.notify import links
from services.notify.conversation import conversations
from services.notify.hooks import hooks
from services.notify.models import Message, Reply, Task
from services.notify.schemas import LinkOpened, LinkToken, MessageDetail, MessageFilter, MessageOut, TaskOut
from services.notify.settings import Settings

blueprint = Blueprint("notify", __name__, description="Messages, tasks, links")

COUNTS = {
    "fascia_messages": ("Messages by state.", "SELECT state, count(*) FROM messages GROUP BY state"),
    "fascia_tasks": ("Open tasks by kind.", "SELECT kind, count(*) FROM tasks WHERE done_at IS NULL GROUP BY kind"),
    "fascia_paused_channels": (
        "Channels whose provider refuses our configuration.",
        "SELECT channel, 1 FROM pauses WHERE until > clock_timestamp()",
    ),
}


@blueprint.get("/messages")
@identity.requires("desk", "therapist")
@blueprint.arguments(MessageFilter, location="query")
@blueprint.response(200, MessageOut(many=True))
def list_messages(asked: dict[str, Any]) -> Any:
    limit = asked.pop("limit")
    query = select(Message).filter_by(**asked).order_by(Message.due_at, Message.id).limit(limit)
    with runtime().sessions.begin() as session:
        return session.scalars(query).all()


@blueprint.get("/messages/<uuid:message_id>")
@identity.requires("desk", "therapist")
@blueprint.response(200, MessageDetail)
def get_message(message_id: UUID) -> Any:
    with runtime().sessions.begin() as session:
        message = session.get(Message, message_id, options=[selectinload(Message.tries)])
        if message is None:
            raise NotFound
        return message


@blueprint.get("/tasks")
@identity.requires("desk")
@blueprint.response(200, TaskOut(many=True))
def list_tasks() -> Any:
    """Open tasks, oldest first."""
    query = select(Task, Reply.body).outerjoin(Reply, Reply.id == Task.reply_id).where(Task.done_at.is_(None))
    running = runtime()
    with running.sessions.begin() as session:
        rows = session.execute(query.order_by(Task.created_at).limit(500)).all()
        asked = {task.patient_id for task, _ in rows if task.reply_id and task.patient_id}
        said = conversations(session, running.seal, asked)
    return [
        {
            **_facts(task),
            "text": running.seal.open(body) if body else None,
            "conversation": said.get(task.patient_id, []) if task.reply_id and task.patient_id else [],
        }
        for task, body in rows
    ]


def _facts(task: Task) -> dict[str, Any]:
    return {column.key: getattr(task, column.key) for column in Task.__table__.columns}


@blueprint.post("/links/open")
@identity.requires("service")
@blueprint.arguments(LinkToken)
@blueprint.response(200, LinkOpened)
def open_link(asked: dict[str, str]) -> Any:
    """Changes nothing: mail scanners open links too."""
    with runtime().sessions.begin() as session:
        return links.resolve(session, asked["token"])


def app_for(settings: Settings) -> Flask:
    app = create_app(runtimes.start("notify", settings), [blueprint], title="Fascia notify", counts=COUNTS)
    app.register_blueprint(hooks())
    return app


def app() -> Flask:
    logs.configure("notify-api")
    return app_for(load(Settings, os.environ, "notify"))
