"""What a report is made from: two queries, however many visits a series has."""

from __future__ import annotations

from dataclasses import astuple
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.booking.reports.assemble import assemble
from services.booking.reports.parts import Report
from services.booking.treatment import clinical
from services.chassis.refusals import NotFound
from services.chassis.runtime import Runtime
from services.chassis.seal import Seal

# The place of a series at patients' homes is the practice's first.
SERIES = text("""
    SELECT series.id AS series_id, series.visits AS planned, series.booked_at, series.completed_at,
           series.cancelled_at, series.follow_up AS signed, series.signed_at,
           orders.referral_id, orders.reference, orders.patient_id,
           clinic.name, clinic.phone, clinic.email,
           coalesce(place.address, clinic.address) AS address,
           coalesce(place.timezone, clinic.timezone) AS zone,
           coalesce(place.country, 'US') AS country
      FROM series
      JOIN orders ON orders.id = series.order_id
     CROSS JOIN clinic
      LEFT JOIN LATERAL (
           SELECT address, timezone, country FROM locations
            ORDER BY id = series.location_id DESC NULLS LAST, id LIMIT 1) AS place ON true
     WHERE series.id = :series_id""")

VISITS = text("""
    SELECT sessions.number, sessions.status, sessions.late, sessions.starts_at, sessions.ends_at,
           sessions.cancelled_at, sessions.missed_at, therapists.name AS therapist,
           session_notes.clinical, minutes, follow_up, written_at
      FROM sessions
      JOIN therapists ON therapists.id = sessions.therapist_id
      LEFT JOIN session_notes ON session_notes.session_id = sessions.id
     WHERE sessions.series_id = :series_id AND sessions.status <> 'held'
     ORDER BY sessions.starts_at, sessions.id""")


def report(session: Session, series_id: UUID) -> Report:
    """Progress while visits are to come; closing once none is. Raises `NotFound`."""
    series = session.execute(SERIES, {"series_id": series_id}).one_or_none()
    if series is None:
        raise NotFound(series_id=str(series_id))
    seal = cast(Runtime, session.info["running"]).seal
    rows: Any = session.execute(VISITS, {"series_id": series_id}).mappings()
    return assemble(series, [SimpleNamespace(**row, **_felt(seal, row)) for row in rows])


def _felt(seal: Seal, row: Any) -> dict[str, Any]:
    if not row["clinical"]:
        return {}
    felt = clinical.opened(seal, row["clinical"])
    return {**felt, "measures": [astuple(score) for score in felt["measures"]]}
