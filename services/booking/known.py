"""All that booking knows of one person."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.resealing import TOKEN
from services.chassis.seal import Seal

_OF_SESSIONS = (
    " IN (SELECT sessions.id FROM sessions JOIN series ON series.id = series_id WHERE order_id = ANY(:orders))"
)
_QUERIES = {
    "orders": "SELECT * FROM orders WHERE id = ANY(:orders) ORDER BY id",
    "series": "SELECT * FROM series WHERE order_id = ANY(:orders) ORDER BY id",
    "sessions": f"SELECT * FROM sessions WHERE id{_OF_SESSIONS} ORDER BY starts_at, id",
    "notes": f"SELECT * FROM session_notes WHERE session_id{_OF_SESSIONS} ORDER BY session_id",
    "earlier_notes": f"SELECT * FROM note_versions WHERE session_id{_OF_SESSIONS} ORDER BY session_id, version",
    "day_checks": f"SELECT * FROM day_checks WHERE session_id{_OF_SESSIONS} ORDER BY checked_at",
    "kept_acts": f"SELECT * FROM kept_acts WHERE session_id{_OF_SESSIONS} ORDER BY session_id",
    "history": "SELECT session_id, version, event, data, at FROM session_history WHERE order_id = ANY(:orders)"
    " ORDER BY session_id, version",
    "ledger": "SELECT order_id, session_id, version, act, at FROM ledger WHERE order_id = ANY(:orders) ORDER BY id",
    "renewals_asked": "SELECT * FROM renewals WHERE order_id = ANY(:orders) ORDER BY advised_at, reason",
    "waiting": "SELECT * FROM waiting WHERE order_id = ANY(:orders) ORDER BY id",
    "offers": "SELECT offers.* FROM offers JOIN waiting ON waiting.id = waiting_id WHERE order_id = ANY(:orders)"
    " ORDER BY offers.id",
    "calendar_feeds": "SELECT feeds.id, made_at, revoked_at FROM feeds JOIN resources ON resources.id = resource_id"
    " WHERE kind = 'patient' AND key = ANY(CAST(CAST(:patients AS uuid[]) AS text[])) ORDER BY feeds.id",
}
_SEALED = {"care", "note", "recommendation", "item_9", "findings", "clinical", "pressure_ceiling"}
_LEFT_OUT = {"condition_keys", "patient_resource_id"}


def of(session: Session, seal: Seal, patient_ids: Sequence[UUID]) -> dict[str, Any]:
    """JSON, every table by its name, opened; empty lists where nothing is known."""
    mine = "SELECT id FROM orders WHERE patient_id = ANY(:patients)"
    orders = list(session.scalars(text(mine), {"patients": list(patient_ids)}))
    whose = {"orders": orders, "patients": list(patient_ids)}
    found: dict[str, Any] = {}
    for name, query in _QUERIES.items():
        rows = session.execute(text(query.replace(":orders", "CAST(:orders AS uuid[])")), whose).mappings()
        found[name] = [_shown(seal, dict(row)) for row in rows]
    ids = [row["id"] for name in ("orders", "series", "sessions") for row in found[name]]
    return {**found, "audit": audit.told(session, [*patient_ids, *ids])}


def _shown(seal: Seal, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _opened(seal, name, value) for name, value in row.items() if name not in _LEFT_OUT}


def _opened(seal: Seal, name: str, value: Any) -> Any:
    if name not in _SEALED or not value:
        return _said(value)
    opened = seal.open(value) if TOKEN in value else value
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
