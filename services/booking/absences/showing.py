"""Absences as the desk sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.booking.absences.hits import hit
from services.booking.absences.propose import Settled, propose
from services.booking.models import Absence, Resource
from services.booking.replanning.propose import shown as shown_proposal
from services.chassis import clock

MOST = 500


def shown(session: Session, absence: Absence) -> dict[str, Any]:
    """With the sessions that it still hits, series by series, and where they could go."""
    hits = hit(session, absence, clock.now(session))
    kind = session.get_one(Resource, absence.resource_id).kind
    return {**_absence(absence, kind), "hits": [_hit(one) for one in propose(session, hits)]}


def listed(session: Session) -> list[dict[str, Any]]:
    """Those in force that are not over yet, by their beginning."""
    absences = (
        select(Absence, Resource.kind)
        .join(Resource, Resource.id == Absence.resource_id)
        .where(Absence.withdrawn_at.is_(None), func.upper(Absence.during) > func.fascia_now())
        .order_by(func.lower(Absence.during), Absence.id)
        .limit(MOST)
    )
    return [_absence(absence, kind) for absence, kind in session.execute(absences)]


def _absence(absence: Absence, kind: str) -> dict[str, Any]:
    return {
        "id": absence.id,
        kind: absence.resource_id,
        "begins_at": absence.during.lower,
        "ends_at": absence.during.upper,
        "reason": absence.reason,
        "entered_at": absence.entered_at,
        "withdrawn_at": absence.withdrawn_at,
    }


def _hit(one: Settled) -> dict[str, Any]:
    return {
        "series_id": one.series.id,
        "order_id": one.series.order_id,
        "sessions": [visit.id for visit in one.hit],
        "proposal": one.proposal and shown_proposal(one.proposal),
    }
