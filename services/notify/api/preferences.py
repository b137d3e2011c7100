"""Preferences, over HTTP: the desk's, and those that a person sets by the link they were sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request
from flask_smorest import Blueprint

from services.chassis import context, identity
from services.chassis.api import runtime
from services.notify.people import preferences
from services.notify.people.agreement import Source
from services.notify.schemas.people import PreferencesOut, PreferencesWanted

blueprint = Blueprint("preferences", __name__, description="Preferences")

Tagged = tuple[Any, int, dict[str, str]]


@blueprint.get("/people/<uuid:person_id>/preferences")
@identity.requires("desk", "service")
@blueprint.response(200, PreferencesOut)
def get_preferences(person_id: UUID) -> Tagged:
    with runtime().sessions.begin() as session:
        return _tagged(preferences.of(session, person_id))


@blueprint.put("/people/<uuid:person_id>/preferences")
@identity.requires("desk", "service")
@blueprint.arguments(PreferencesWanted)
@blueprint.response(200, PreferencesOut)
@blueprint.alt_response(412, description="stale_version")
def put_preferences(wanted: dict[str, Any], person_id: UUID) -> Tagged:
    """What is left out stays as it is. With `If-Match`, only if nobody changed them meanwhile.

    A service speaks for a person who opened their link; everybody else for the desk.
    """
    source: Source = "desk" if context.actor.get().roles & {"desk", "admin"} else "link"
    given = request.headers.get("If-Match", "*").strip()
    with runtime().sessions.begin() as session:
        return _tagged(
            preferences.change(session, person_id, wanted, source, None if given == "*" else given.strip('"'))
        )


def _tagged(known: preferences.Preferences) -> Tagged:
    return known, 200, {"ETag": f'"{preferences.tag(known)}"'}
