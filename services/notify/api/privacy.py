"""All that notify knows of one person, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import jsonify
from flask_smorest import Blueprint

from services.chassis import audit, identity
from services.chassis.api import runtime
from services.notify.people import known
from services.notify.people.addresses import book_of

blueprint = Blueprint("privacy", __name__, description="Exporting what is known of a patient")


@blueprint.get("/patients/<uuid:patient_id>/export")
@identity.requires("admin")
@blueprint.response(200)
def get_export(patient_id: UUID) -> Any:
    """Under one id; whoever was merged is asked for once for each."""
    with runtime().sessions.begin() as session:
        found = known.of(session, book_of(runtime()), patient_id)
        audit.record(session, "patient_exported", "patient", patient_id)
        return jsonify(found)
