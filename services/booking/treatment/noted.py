"""What was measured over a series, read from its notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import SessionNote, Visit
from services.booking.treatment import clinical
from services.booking.treatment.outcome import Noted
from services.chassis.seal import Seal


def noted_in(session: Session, seal: Seal, series_id: UUID) -> list[Noted]:
    """Each visit of a series that has a note, in order of time: one query."""
    rows = session.execute(
        select(*_NOTED).join(SessionNote).where(Visit.series_id == series_id).order_by(Visit.starts_at, Visit.id)
    )
    return [_noted(seal, row) for row in rows.mappings()]


_NOTED = (Visit.number, Visit.starts_at, Visit.ends_at, SessionNote.clinical, SessionNote.follow_up)


def _noted(seal: Seal, row: Mapping[Any, Any]) -> Noted:
    felt = clinical.opened(seal, row["clinical"])
    return Noted(
        **{name: row[name] for name in ("number", "starts_at", "ends_at", "follow_up")},
        **{name: felt[name] for name in ("pain_before", "pain_after")},
        scores=[astuple(score) for score in felt["measures"]],
    )
