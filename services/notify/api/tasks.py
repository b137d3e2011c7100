"""The desk's tasks, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.chassis import identity
from services.chassis.api import runtime
from services.notify import tasks
from services.notify.api.acting import once
from services.notify.schemas.tasks import TaskFilter, TaskOut

blueprint = Blueprint("tasks", __name__, description="Tasks of the desk")


@blueprint.get("/tasks")
@identity.requires("desk")
@blueprint.arguments(TaskFilter, location="query")
@blueprint.response(200, TaskOut(many=True))
def list_tasks(asked: dict[str, Any]) -> Any:
    """Open tasks, oldest first; with `done`, those of the last week that are done, the latest first."""
    running = runtime()
    with running.sessions.begin() as session:
        return tasks.listed(session, running.seal, **asked)


@blueprint.post("/tasks/<uuid:task_id>/done")
@identity.requires("desk")
def do_task(task_id: UUID) -> Any:
    return once(lambda session: TaskOut(only=("id", "kind", "done_at")).dump(tasks.done(session, task_id)))


@blueprint.post("/tasks/<uuid:task_id>/reopen")
@identity.requires("desk")
def reopen_task(task_id: UUID) -> Any:
    """It was not done after all."""
    return once(lambda session: TaskOut(only=("id", "kind", "done_at")).dump(tasks.reopened(session, task_id)))
