"""What is looked at, done, noted and recommended, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking.answers import SessionSchema
from services.booking.api.acting import expected_version, tagged
from services.booking.refusals import StopToday
from services.booking.shapes.care import (
    FollowUpSchema,
    LookSchema,
    SafetySchema,
    SheetSchema,
    SigningSchema,
)
from services.booking.shapes.notes import NoteSchema, WrittenSchema
from services.booking.treatment import recommend, sheet
from services.booking.treatment.complete import complete, correct
from services.booking.treatment.day_check import check_day
from services.booking.treatment.note import Note
from services.chassis import context, identity
from services.chassis.api import runtime

Tagged = tuple[Any, int, dict[str, str]]

blueprint = Blueprint("care", __name__, description="Sheets, notes, recommendations")


@blueprint.get("/sessions/<uuid:session_id>/sheet")
@identity.requires("therapist", "desk")
@blueprint.response(200, SheetSchema)
def get_sheet(session_id: UUID) -> dict[str, Any]:
    """What to know before the session; the desk sees it without what is clinical."""
    clinical = bool(context.actor.get().roles & {"therapist", "admin"})
    with runtime().sessions.begin() as session:
        return sheet.sheet(session, runtime().seal, session_id, clinical=clinical)


@blueprint.post("/sessions/<uuid:session_id>/check")
@identity.requires("therapist")
@blueprint.arguments(LookSchema)
@blueprint.response(200, SafetySchema)
@blueprint.alt_response(409, description="stop_today: the session cannot take place today; contact the physician")
def post_check(look: dict[str, list[str]], session_id: UUID) -> dict[str, Any]:
    """The look at the patient on the day. What was found is kept, also when it says stop."""
    with runtime().sessions.begin() as session:
        found = check_day(session, runtime().seal, session_id, look["findings"])
    if found.blocked:
        raise StopToday(codes=[one.code for one in found.blocked])
    return found.to_json()


@blueprint.post("/sessions/<uuid:session_id>/complete")
@identity.requires("therapist")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, SessionSchema)
@blueprint.alt_response(422, description="pressure_above_ceiling, with the ceiling")
def post_complete(note: Note, session_id: UUID) -> Tagged:
    """The visit took place: its note, and one visit of the order consumed. Heeds If-Match, as every act does."""
    with runtime().sessions.begin() as session:
        act = session, runtime().outbox, runtime().seal, session_id, note
        visit = complete(*act, expected=expected_version())
        return tagged(visit, visit.version)


@blueprint.get("/sessions/<uuid:session_id>/note")
@identity.requires("therapist")
@blueprint.response(200, WrittenSchema)
def get_note(session_id: UUID) -> Tagged:
    with runtime().sessions.begin() as session:
        written = sheet.note_of(session, runtime().seal, session_id)
        return tagged(written, written["version"])


@blueprint.put("/sessions/<uuid:session_id>/note")
@identity.requires("therapist")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, WrittenSchema)
@blueprint.alt_response(412, description="stale_version, with the current one")
def put_note(note: Note, session_id: UUID) -> Tagged:
    """A correction by the therapist who wrote it; the earlier note is kept. If-Match is the version of the note."""
    with runtime().sessions.begin() as session:
        act = session, runtime().outbox, runtime().seal, session_id, note
        visit = correct(*act, expected=expected_version())
        session.flush()
        written = sheet.written(runtime().seal, visit)
        return tagged(written, written["version"])


@blueprint.get("/series/<uuid:series_id>/recommendation")
@identity.requires("therapist")
@blueprint.response(200, FollowUpSchema)
def get_recommendation(series_id: UUID) -> dict[str, Any]:
    """A drafted follow-up with its reasons, and what was signed."""
    with runtime().sessions.begin() as session:
        return recommend.recommendation(session, runtime().seal, series_id)


@blueprint.post("/series/<uuid:series_id>/recommendation")
@identity.requires("therapist")
@blueprint.arguments(SigningSchema)
@blueprint.response(200, FollowUpSchema)
def post_recommendation(signing: dict[str, Any], series_id: UUID) -> dict[str, Any]:
    """The therapist signs the follow-up."""
    with runtime().sessions.begin() as session:
        return recommend.sign(session, runtime().seal, series_id, signing["follow_up"], signing["recommendation"])
