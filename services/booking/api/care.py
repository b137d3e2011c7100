"""What is done and noted in a session, over HTTP."""

from __future__ import annotations

from uuid import UUID

from flask_smorest import Blueprint

from services.booking.answers import SessionSchema
from services.booking.complete import Note, complete
from services.booking.models import Visit
from services.booking.schemas import NoteSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("care", __name__, description="Sheets and notes")


@blueprint.post("/sessions/<uuid:session_id>/complete")
@identity.requires("therapist")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, SessionSchema)
def post_complete(note: Note, session_id: UUID) -> Visit:
    """The visit took place: its note, and one visit of the order consumed."""
    with runtime().sessions.begin() as session:
        return complete(session, runtime().outbox, runtime().seal, session_id, note)
