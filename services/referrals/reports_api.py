"""Reports over HTTP, and what is measured."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, validates_schema
from sqlalchemy.orm import Session

from services.chassis import audit, clock, identity
from services.chassis.api import runtime
from services.referrals import office, reports

LONGEST = timedelta(days=1100)

COUNTS = {
    "fascia_referrals": ("Referrals by status.", "SELECT status, count(*) FROM referrals GROUP BY status"),
    "fascia_referrals_oldest_days": (
        "Days since the oldest that waits in a stage was received.",
        "SELECT status, extract(epoch FROM fascia_now() - min(received_at)) / 86400 FROM referrals"
        " WHERE status IN ('received', 'needs_information', 'in_review', 'accepted', 'active') GROUP BY status",
    ),
    "fascia_referrals_median_hours": (
        "Hours from receipt to first contact, first visit and closure, of those received in the last 90 days.",
        """
        SELECT step.name, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM step.at - received_at)) / 3600
        FROM referrals
        CROSS JOIN LATERAL (VALUES ('first_contact', contacted_at), ('first_visit', first_visit_at),
                                   ('closure', coalesce(completed_at, ended_at))) AS step (name, at)
        WHERE received_at > (SELECT fascia_now()) - interval '90 days' AND step.at IS NOT NULL
        GROUP BY step.name
        """,
    ),
    "fascia_patient_matches": (
        "Pairs of records that may be one person, by what was decided.",
        "SELECT verdict, count(*) FROM patient_matches GROUP BY verdict",
    ),
}

blueprint = Blueprint("reports", __name__, description="Reports")


class SpanQuery(Schema):
    """Days at the practice; the last 90 where nothing is said."""

    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None, metadata={"description": "the last day, included"})

    @validates_schema
    def sensible(self, data: dict[str, Any], **kwargs: Any) -> None:
        since, until = data["since"], data["until"]
        for name, day in data.items():
            if day and not 1900 <= day.year <= 9000:
                raise ValidationError("This is not a day of a practice.", name)
        if since and until and not timedelta(0) <= until - since <= LONGEST:
            raise ValidationError("The first day comes before the last, by three years at most.", "since")


@blueprint.get("/reports/open")
@identity.requires("desk", "therapist")
def report_open() -> Any:
    """What waits, by stage and age."""
    with runtime().sessions.begin() as session:
        return jsonify(reports.open_by_stage(session, clock.now(session)))


@blueprint.get("/reports/no-shows")
@identity.requires("desk", "therapist")
@blueprint.arguments(SpanQuery, location="query")
def report_no_shows(query: dict[str, Any]) -> Any:
    with runtime().sessions.begin() as session:
        return jsonify(reports.no_shows(session, *_span(session, **query)))


@blueprint.get("/reports/practices")
@identity.requires("desk")
@blueprint.arguments(SpanQuery, location="query")
def report_practices(query: dict[str, Any]) -> Any:
    """How many each practice sent, what became of them, and how long it took."""
    with runtime().sessions.begin() as session:
        audit.record(session, "practices_reported", "report", "practices")
        return jsonify(reports.by_practice(session, office.vault(), *_span(session, **query)))


def _span(session: Session, since: date | None, until: date | None) -> tuple[datetime, datetime]:
    zone = ZoneInfo(office.settings().timezone)
    last = until or clock.now(session).astimezone(zone).date()
    first = since or last - timedelta(days=90)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
