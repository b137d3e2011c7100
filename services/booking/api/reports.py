"""The report of a series, over HTTP: for programs, for people, and for other practices' systems."""

from __future__ import annotations

from uuid import UUID

from flask import Response, json
from flask_smorest import Blueprint

from services.booking.reports.chart import chart
from services.booking.reports.fhir import diagnostic_report
from services.booking.reports.page import page
from services.booking.reports.parts import Report
from services.booking.reports.rows import report
from services.booking.shapes.report import ReportSchema
from services.chassis import identity
from services.chassis.api import runtime
from services.chassis.refusals import NotFound

blueprint = Blueprint("reports", __name__, description="Reports for the physician")


@blueprint.get("/series/<uuid:series_id>/report")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, ReportSchema)
def get_report(series_id: UUID) -> Report:
    """Visits kept and the course of each measure: a progress report, and at the end the closing report."""
    return _of(series_id)


@blueprint.get("/series/<uuid:series_id>/report.pdf")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, content_type="application/pdf")
def get_page(series_id: UUID) -> Response:
    """The same on one page."""
    found = _of(series_id)
    name = f"{'closing' if found.closed else 'progress'}-report-{found.reference}.pdf"
    return _file(page(found), "application/pdf", name)


@blueprint.get("/series/<uuid:series_id>/report.png")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, content_type="image/png")
@blueprint.alt_response(404, description="also when nothing was measured yet")
def get_chart(series_id: UUID) -> Response:
    """The chart alone."""
    drawn = chart(_of(series_id))
    if drawn is None:
        raise NothingMeasured(series_id=str(series_id))
    return _file(drawn, "image/png", "chart.png")


@blueprint.get("/series/<uuid:series_id>/report.fhir")
@identity.requires("therapist", "service", "desk")
@blueprint.response(200, content_type="application/fhir+json")
def get_fhir(series_id: UUID) -> Response:
    """The same as a FHIR R4 DiagnosticReport with its Observations, the page attached."""
    found = _of(series_id)
    return Response(json.dumps(diagnostic_report(found, page(found))), content_type="application/fhir+json")


class NothingMeasured(NotFound):
    message = "No visit has taken place yet, so there is nothing to draw."


def _of(series_id: UUID) -> Report:
    with runtime().sessions.begin() as session:
        return report(session, series_id)


def _file(content: bytes, kind: str, name: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers.set("Content-Disposition", "inline", filename=name)
    return response
