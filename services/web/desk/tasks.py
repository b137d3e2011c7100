"""What a person has to do, because no message can."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, render_template, url_for

from services.web.desk import leads, lines
from services.web.desk.account import staff_only
from services.web.desk.acting import tried
from services.web.desk.asking import here, names, notify

blueprint = Blueprint("tasks", __name__)


@blueprint.get("/tasks")
@staff_only
def page() -> Any:
    place, open_ones, done = here(), notify("/tasks"), notify("/tasks?done=true")
    patients = names(one["patient_id"] for one in [*open_ones, *done] if one["patient_id"])
    told = {"clinic": place.file, "here": place, "tasks": open_ones, "done": done, "names": patients}
    return render_template("desk/tasks.html", **told, task=lines.task, advice=lines.ADVICE, lead=leads.of, key=uuid4())


@blueprint.post("/tasks/<uuid:task_id>/done")
@staff_only
def do(task_id: UUID) -> Any:
    return tried(lambda: notify(f"/tasks/{task_id}/done", "POST"), "Done.", url_for("tasks.page"))


@blueprint.post("/tasks/<uuid:task_id>/reopen")
@staff_only
def reopen(task_id: UUID) -> Any:
    return tried(lambda: notify(f"/tasks/{task_id}/reopen", "POST"), "It is open again.", url_for("tasks.page"))
