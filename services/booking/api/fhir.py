"""Reports as FHIR R4 DiagnosticReports: for the staff, and for the account that sent the order."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from services.booking.models import Order, Series
from services.booking.reports.fhir import diagnostic_report
from services.booking.reports.page import page
from services.booking.reports.rows import report
from services.chassis import audit, context, identity
from services.chassis.api import runtime
from services.chassis.fhir import answer, based_on, searchset, speaks_fhir
from services.chassis.refusals import NotFound

READERS = ("physician", "therapist", "desk")

blueprint = Blueprint("fhir", __name__, description="FHIR R4: reports")
speaks_fhir(blueprint)


@blueprint.get("/fhir/DiagnosticReport/<uuid:series_id>")
@identity.requires(*READERS)
@blueprint.response(200, content_type="application/fhir+json")
def show_report(series_id: UUID) -> Response:
    with runtime().sessions.begin() as session:
        found = _read(session, Series.id == series_id)
    if not found:
        raise NotFound
    return answer(diagnostic_report(found[0], page(found[0])))


@blueprint.get("/fhir/DiagnosticReport")
@identity.requires(*READERS)
@blueprint.response(200, content_type="application/fhir+json")
def search_reports() -> Response:
    referral_id = based_on()
    with runtime().sessions.begin() as session:
        found = _read(session, Order.referral_id == referral_id) if referral_id else []
    return searchset([diagnostic_report(one, page(one)) for one in found])


def _read(session: Session, which: ColumnElement[bool]) -> list[Any]:
    """The reports that the caller may read; each reading is noted."""
    who = context.actor.get()
    mine = Order.sent_by == who.id if identity.outside() else Order.id.is_not(None)
    query = select(Series.id).join(Order, Order.id == Series.order_id).where(which, mine).order_by(Series.id)
    ids = session.scalars(query).all()
    audit.record_all(session, "report_read", "series", ids)
    return [report(session, series_id) for series_id in ids]
