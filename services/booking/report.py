"""The report of a series: the visits kept, and what became of the pain."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.booking.models import Clinic, Series, SessionNote, Visit
from services.booking.outcome import judge
from services.chassis.refusals import NotFound


def report(session: Session, series_id: UUID) -> dict[str, Any]:
    """Progress while visits are to come; closed once the series is completed. Free notes stay out of it."""
    series = session.get(
        Series,
        series_id,
        options=[joinedload(Series.order), selectinload(Series.sessions).joinedload(Visit.note)],
    )
    if series is None:
        raise NotFound(series_id=str(series_id))
    zone = ZoneInfo(session.scalars(select(Clinic.timezone)).one())
    kept = [(visit, visit.note) for visit in series.sessions if visit.note]
    return {
        "series_id": series.id,
        "referral_id": series.order.referral_id,
        "reference": series.order.reference,
        "closed": series.completed_at is not None,
        "planned": series.visits,
        "kept": len(kept),
        "visits": [_visit(visit, note, zone) for visit, note in kept],
        **asdict(judge([(note.pain_before, note.pain_after) for _, note in kept])),
    }


def _visit(visit: Visit, note: SessionNote, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "number": visit.number,
        "on": visit.starts_at.astimezone(zone).date(),
        "pain_before": note.pain_before,
        "pain_after": note.pain_after,
        "pressure": note.pressure,
    }
