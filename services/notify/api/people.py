"""People and visits, over HTTP: their names for the desk's pages, and what passed between them and the practice."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from flask_smorest import Blueprint
from sqlalchemy import select

from services.chassis import audit, context, identity
from services.chassis.api import runtime
from services.notify.models import Contact
from services.notify.schemas.people import NamesAsked, PersonOut
from services.notify.schemas.timeline import LineOfTimeOut, TimelineQuery
from services.notify.why import timeline

blueprint = Blueprint("people", __name__, description="People")

Whose = timeline.Whose


@blueprint.post("/people/names")
@identity.requires("desk", "therapist")
@blueprint.arguments(NamesAsked)
@blueprint.response(200, PersonOut(many=True))
def name_people(asked: dict[str, list[UUID]]) -> Any:
    """For a page of the desk: ids travel in the body, and each reading is noted."""
    running = runtime()
    with running.sessions.begin() as session:
        found = session.execute(
            select(Contact.id, Contact.role, Contact.name).where(Contact.id.in_(asked["person_ids"]))
        ).all()
        people = [{"person_id": id_, "role": role, "name": running.seal.open(name)} for id_, role, name in found]
        audit.record_all(session, "contact_name_read", "contact", [id_ for id_, *_ in found])
        return people


@blueprint.get("/<any(patients, sessions, physicians):whose>/<uuid:id_>/timeline")
@identity.requires("desk", "therapist")
@blueprint.arguments(TimelineQuery, location="query")
@blueprint.response(200, LineOfTimeOut(many=True))
def get_timeline(query: dict[str, Any], whose: str, id_: UUID) -> Any:
    """Messages, replies, consents and tasks, newest first; the `Link` header has the next page.

    What a patient wrote is told to the desk only.
    """
    running = runtime()
    with running.sessions.begin() as session:
        found = timeline.page(session, _WHOSE[whose], id_, timeline.Asked(**query))
    reads = bool(context.actor.get().roles & {"desk", "admin"})
    lines = [
        {**line, "text": running.seal.open(line["body"]) if reads and line["body"] else None} for line in found.lines
    ]
    if found.next is None:
        return lines, 200, {}
    following = urlencode({**request.args.to_dict(flat=False), "before": found.next}, doseq=True)
    return lines, 200, {"Link": f'<{request.path}?{following}>; rel="next"'}


_WHOSE: dict[str, Whose] = {"patients": "patient", "sessions": "session", "physicians": "physician"}
