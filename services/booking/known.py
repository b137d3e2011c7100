"""All that booking knows of one person."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.chassis.seal import Seal
from services.chassis.tables import audit

_OF_SESSIONS = (
    " IN (SELECT sessions.id FROM sessions JOIN series ON series.id = series_id WHERE order_id = ANY(:orders))"
)
_QUERIES = {
    "orders": "SELECT * FROM orders WHERE id = ANY(:orders) ORDER BY id",
    "series": "SELECT * FROM series WHERE order_id = ANY(:orders) ORDER BY id",
    "sessions": f"SELECT * FROM sessions WHERE id{_OF_SESSIONS} ORDER BY starts_at, id",
    "notes": f"SELECT * FROM session_notes WHERE session_id{_OF_SESSIONS} ORDER BY session_id",
    "earlier_notes": f"SELECT * FROM note_versions WHERE session_id{_OF_SESSIONS} ORDER BY session_id, version",
    "measures": f"SELECT * FROM measures WHERE session_id{_OF_SESSIONS} ORDER BY session_id, measure, detail",
    "day_checks": f"SELECT * FROM day_checks WHERE session_id{_OF_SESSIONS} ORDER BY checked_at",
    "kept_acts": f"SELECT * FROM kept_acts WHERE session_id{_OF_SESSIONS} ORDER BY session_id",
    "history": "SELECT session_id, version, event, data, at FROM session_history WHERE order_id = ANY(:orders)"
    " ORDER BY session_id, version",
    "ledger": "SELECT order_id, session_id, version, act, at FROM ledger WHERE order_id = ANY(:orders) ORDER BY id",
    "waiting": "SELECT * FROM waiting WHERE order_id = ANY(:orders) ORDER BY id",
}
_SEALED = {"care", "note", "recommendation", "item_9", "findings", "areas"}
_LEFT_OUT = {"condition_keys", "patient_resource_id"}


def of(session: Session, seal: Seal, patient_ids: Sequence[UUID]) -> dict[str, Any]:
    """JSON, every table by its name, opened; empty lists where nothing is known."""
    mine = "SELECT id FROM orders WHERE patient_id = ANY(:patients)"
    orders = list(session.scalars(text(mine), {"patients": list(patient_ids)}))
    found: dict[str, Any] = {}
    for name, query in _QUERIES.items():
        rows = session.execute(text(query.replace(":orders", "CAST(:orders AS uuid[])")), {"orders": orders}).mappings()
        found[name] = [_shown(seal, dict(row)) for row in rows]
    return {**found, "audit": _trail(session, [*patient_ids, *orders])}


def _shown(seal: Seal, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _opened(seal, name, value) for name, value in row.items() if name not in _LEFT_OUT}


def _opened(seal: Seal, name: str, value: Any) -> Any:
    if name not in _SEALED or not value:
        return _said(value)
    opened = value if value.startswith("[") else seal.open(value)
    try:
        return json.loads(opened) if name != "recommendation" else opened
    except ValueError:
        return opened


def _said(value: Any) -> Any:
    kinds: dict[type, Callable[[Any], Any]] = {
        datetime: datetime.isoformat,
        date: date.isoformat,
        UUID: str,
        Decimal: str,
    }
    return kinds.get(type(value), lambda same: same)(value)


def _trail(session: Session, ids: list[UUID]) -> list[dict[str, Any]]:
    """Who read and did what."""
    mine = select(audit.c.at, audit.c.actor, audit.c.role, audit.c.act, audit.c.object_type, audit.c.object_id)
    rows = session.execute(mine.where(audit.c.object_id.in_([str(id_) for id_ in ids])).order_by(audit.c.id))
    return [{name: _said(value) for name, value in row._mapping.items()} for row in rows]
