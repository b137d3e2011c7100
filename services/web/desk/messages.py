"""What was, was not and will be sent: by visit, by person, and one message with its reasons."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from services.web.desk import lines
from services.web.desk.account import staff_only
from services.web.desk.acting import said, tried
from services.web.desk.asking import here, names, notify, notify_page, person

blueprint = Blueprint("messages", __name__)

FILTERS = ("what", "channel", "to", "state")
LISTED = {"planned": "Next", "failed": "Failed", "unknown": "Unknown"}
MOST = 100


@blueprint.get("/messages")
@staff_only
def listed() -> Any:
    """What goes out next, and what went wrong."""
    state = request.args.get("state", "")
    state = state if state in LISTED else "planned"
    newest = "" if state == "planned" else "&newest=true"
    place, found = here(), notify(f"/messages?state={state}&limit={MOST}{newest}")
    told = {"clinic": place.file, "here": place, "states": LISTED, "state": state, "most": MOST}
    patients = names(one["patient_id"] for one in found)
    return render_template("desk/messages.html", **told, messages=found, names=patients, channel=lines.channel)


@blueprint.get("/visit/<uuid:visit_id>/messages")
@staff_only
def of_visit(visit_id: UUID) -> Any:
    return _timeline("session", visit_id, "This visit", url_for("visit.page", visit_id=visit_id))


@blueprint.get("/patient/<uuid:person_id>/messages")
@staff_only
def of_patient(person_id: UUID) -> Any:
    id_ = str(person_id)
    return _timeline("patient", person_id, names([id_]).get(id_, "Patient"))


@blueprint.get("/physician/<uuid:person_id>/messages")
@staff_only
def of_physician(person_id: UUID) -> Any:
    return _timeline("physician", person_id, person(str(person_id)) or "Physician")


@blueprint.get("/message/<uuid:message_id>")
@staff_only
def page(message_id: UUID) -> Any:
    place, message = here(), notify(f"/messages/{message_id}")
    patient = message["patient_id"]
    told = {"clinic": place.file, "here": place, "patient": names([patient]).get(patient, "Patient")}
    return render_template("desk/message.html", **told, message=message, channel=lines.channel)


@blueprint.post("/message/<uuid:message_id>/send-again")
@staff_only
def send_again(message_id: UUID) -> Any:
    done = "It goes out again now."
    return tried(lambda: _do(message_id, "resend"), done, _back(message_id))


@blueprint.post("/message/<uuid:message_id>/mark-sent")
@staff_only
def mark_sent(message_id: UUID) -> Any:
    return tried(lambda: _do(message_id, "mark-sent"), "Marked as sent.", _back(message_id))


def _do(message_id: UUID, act: str) -> Any:
    return notify(f"/messages/{message_id}/{act}", "POST", key=request.form.get("key") or None)


def _back(message_id: UUID) -> str:
    if request.form.get("from") == "tasks":
        return url_for("tasks.page")
    return url_for("messages.page", message_id=message_id)


def _timeline(whose: str, id_: UUID, title: str, back: str = "") -> Any:
    asked = said(*FILTERS)
    found, before = notify_page(f"/{whose}s/{id_}/timeline", {**asked, **said("before"), "limit": str(MOST)})
    place = here()
    to_come, days = lines.by_day(found, place)
    older = f"{request.path}?{urlencode({**asked, 'before': before})}" if before else ""
    told = {"clinic": place.file, "here": place, "whose": whose, "id": id_, "title": title, "back": back}
    return render_template(
        "desk/timeline.html", **told, days=days, to_come=to_come, asked=asked, older=older,
        later="before" in request.args,
    )  # fmt: skip
