"""The report of a series, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from services.booking import report as reports
from services.booking.answers import ReportSchema
from services.chassis import identity
from services.chassis.api import runtime

blueprint = Blueprint("reports", __name__, description="Reports for the physician")


@blueprint.get("/series/<uuid:series_id>/report")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, ReportSchema)
def get_report(series_id: UUID) -> dict[str, Any]:
    """Visits kept and the course of pain: a progress report, and at the end the closing report."""
    with runtime().sessions.begin() as session:
        return reports.report(session, series_id)
