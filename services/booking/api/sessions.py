"""Sessions, over HTTP. Every answer about one session carries its version as ETag, and every act heeds If-Match."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from flask_smorest import Blueprint

from services.booking import reading
from services.booking.answers import DaySession, SessionSchema
from services.booking.api.acting import by_a_service, expected_version, or_alternatives, tagged
from services.booking.listing import Asked, page
from services.booking.models import Visit
from services.booking.shapes.sessions import CancelSchema, ChangedSchema, MoveSchema, SessionsQuery
from services.booking.visits import instead
from services.booking.visits.arrive import arrive, undo_arrival
from services.booking.visits.cancel import cancel
from services.booking.visits.confirm import confirm
from services.booking.visits.miss import miss
from services.booking.visits.move import move, moves_of
from services.booking.visits.restore import restore
from services.chassis import context, identity
from services.chassis.api import runtime
from services.chassis.identity import Forbidden

blueprint = Blueprint("sessions", __name__, description="Sessions")

Tagged = tuple[Any, int, dict[str, str]]


@blueprint.get("/sessions")
@identity.requires("desk", "therapist")
@blueprint.arguments(SessionsQuery, location="query")
@blueprint.response(200, DaySession(many=True))
def list_sessions(query: dict[str, Any]) -> Tagged:
    """A page of sessions in order of time; where there are more, the `Link` header has the next page."""
    day = query.pop("day", None)
    asked = Asked(**query) if day is None else Asked(**query, first=day, last=day)
    with runtime().sessions.begin() as session:
        found = page(session, asked)
    if found.next is None:
        return found.sessions, 200, {}
    following = urlencode({**request.args.to_dict(flat=False), "after": found.next}, doseq=True)
    return found.sessions, 200, {"Link": f'<{request.path}?{following}>; rel="next"'}


@blueprint.get("/sessions/<uuid:session_id>")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, SessionSchema)
def get_session(session_id: UUID) -> Tagged:
    with runtime().sessions.begin() as session:
        return _tagged(reading.visit(session, session_id))


@blueprint.post("/sessions/<uuid:session_id>/confirm")
@identity.requires("desk", "service")
@blueprint.response(200, SessionSchema)
def post_confirm(session_id: UUID) -> Tagged:
    """The patient will come."""
    with runtime().sessions.begin() as session:
        return _tagged(confirm(session, runtime().outbox, session_id, expected=expected_version()))


@blueprint.post("/sessions/<uuid:session_id>/arrive")
@identity.requires("desk", "therapist")
@blueprint.response(200, SessionSchema)
def post_arrive(session_id: UUID) -> Tagged:
    """The patient is here."""
    with runtime().sessions.begin() as session:
        return _tagged(arrive(session, runtime().outbox, session_id, expected=expected_version()))


@blueprint.delete("/sessions/<uuid:session_id>/arrive")
@identity.requires("desk", "therapist")
@blueprint.response(200, SessionSchema)
def delete_arrive(session_id: UUID) -> Tagged:
    """The patient is not here after all."""
    with runtime().sessions.begin() as session:
        return _tagged(undo_arrival(session, runtime().outbox, session_id, expected=expected_version()))


@blueprint.post("/sessions/<uuid:session_id>/move")
@identity.requires("desk", "service")
@blueprint.arguments(MoveSchema)
@blueprint.response(200, ChangedSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; too_late_to_move, with until when it was")
@blueprint.alt_response(412, description="stale_version, with the current one")
def post_move(wanted: dict[str, Any], session_id: UUID) -> Tagged:
    """Another time, therapist or room, whole or not at all; with `scope` also for the visits after it, or for all.
    A service speaks only for patients, and not within the clinic's notice.
    """
    _only_for_patients(wanted["by"])

    def act() -> Tagged:
        with runtime().sessions.begin() as session:
            outbox, expected = runtime().outbox, expected_version()
            return _changed(move(session, outbox, session_id, expected=expected, unasked=by_a_service(), **wanted))

    return or_alternatives(
        act,
        lambda session: instead.of_moves(session, *moves_of(session, session_id, wanted["change"], wanted["scope"])),
    )


@blueprint.post("/sessions/<uuid:session_id>/cancel")
@identity.requires("desk", "service")
@blueprint.arguments(CancelSchema)
@blueprint.response(200, ChangedSchema)
@blueprint.alt_response(412, description="stale_version, with the current one")
def post_cancel(wanted: dict[str, Any], session_id: UUID) -> Tagged:
    """It will not take place; with `scope` also the visits after it, or all. A service speaks only for patients."""
    _only_for_patients(wanted["by"])
    with runtime().sessions.begin() as session:
        return _changed(cancel(session, runtime().outbox, session_id, expected=expected_version(), **wanted))


@blueprint.post("/sessions/<uuid:session_id>/miss")
@identity.requires("desk", "therapist")
@blueprint.response(200, SessionSchema)
def post_miss(session_id: UUID) -> Tagged:
    """The patient did not come."""
    with runtime().sessions.begin() as session:
        return _tagged(miss(session, runtime().outbox, session_id, expected=expected_version()))


@blueprint.post("/sessions/<uuid:session_id>/restore")
@identity.requires("desk")
@blueprint.response(200, SessionSchema)
@blueprint.alt_response(409, description="slot_taken, with alternatives; no_visits_left, with the ledger")
def post_restore(session_id: UUID) -> Tagged:
    """It was called off by mistake: booked again at its old time, if that is still free."""

    def act() -> Tagged:
        with runtime().sessions.begin() as session:
            return _tagged(restore(session, runtime().outbox, session_id, expected=expected_version()))

    return or_alternatives(act, lambda session: instead.of_restoring(session, session_id))


def _only_for_patients(by: str) -> None:
    """Raises `Forbidden` when a service acts as anybody else."""
    if by != "patient" and not context.actor.get().roles & {"desk", "admin"}:
        raise Forbidden(needs=["desk", "admin"])


def _tagged(visit: Visit) -> Tagged:
    return tagged(visit, visit.version)


def _changed(visits: list[Visit]) -> Tagged:
    """The one that was asked about comes first."""
    asked = {name: getattr(visits[0], name) for name in SessionSchema().fields}
    return tagged({**asked, "sessions": visits}, visits[0].version)
