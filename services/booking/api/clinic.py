"""The clinic's file, over HTTP."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from flask_smorest import Blueprint

from services.booking import showing
from services.booking.answers import ClinicShown
from services.booking.clinic.load import load_clinic
from services.booking.clinic.schema import ClinicSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("clinic", __name__, description="The clinic")


@blueprint.put("/clinic")
@identity.requires("admin")
@blueprint.arguments(ClinicSchema)
@blueprint.response(200, ClinicShown)
def put_clinic(file: dict[str, Any]) -> dict[str, Any] | None:
    """Load or update the clinic from a clinic file's content."""
    with runtime().sessions.begin() as session:
        affected = load_clinic(session, runtime().outbox, file)
        return {**(showing.clinic(session) or {}), "sessions_affected": affected}


@blueprint.get("/clinic")
@identity.requires("desk", "therapist", "service")
@blueprint.response(200, ClinicShown)
def get_clinic() -> Any:
    """The clinic, or null while none is loaded."""
    with runtime().sessions.begin() as session:
        return showing.clinic(session) or jsonify(None)
