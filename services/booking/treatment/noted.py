"""What was measured over a series, read from its notes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking.models import Measure, SessionNote, Visit
from services.booking.treatment.outcome import Noted


def noted_in(session: Session, series_id: UUID) -> list[Noted]:
    """Each visit of a series that has a note, in order of time: two queries."""
    rows = session.execute(
        select(Visit.id, *_NOTED)
        .join(SessionNote)
        .where(Visit.series_id == series_id)
        .order_by(Visit.starts_at, Visit.id)
    ).all()
    scores = _scores(session, [row.id for row in rows])
    return [Noted(**_facts(row), scores=scores.get(row.id, [])) for row in rows]


_NOTED = (
    *(Visit.number, Visit.starts_at, Visit.ends_at),
    *(SessionNote.pain_before, SessionNote.pain_after, SessionNote.follow_up),
)


def _facts(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in _NOTED}


def _scores(session: Session, session_ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, str, Decimal]]]:
    found: dict[UUID, list[tuple[str, str, Decimal]]] = {}
    for row in session.scalars(select(Measure).where(Measure.session_id.in_(list(session_ids)))):
        found.setdefault(row.session_id, []).append((row.measure, row.detail, row.value))
    return found
