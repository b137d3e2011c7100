"""The ledger, the sessions and the claims of many orders, held against the events that were told of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import Session

from services.booking.models import Order
from services.booking.orders.agreement import Difference, Kept, Told, differences
from services.booking.orders.ledger import balance

FIRST = UUID(int=0)
AT_A_TIME = 200

SESSIONS = """
    SELECT sessions.id, series.order_id, sessions.status, sessions.version, starts_at, ends_at,
           patient_resource_id AS patient, therapist_id AS therapist, room_id AS room,
           held_until <= fascia_now() AS is_over
      FROM series JOIN sessions ON series_id = series.id JOIN orders ON orders.id = order_id
     WHERE order_id = ANY(:orders) ORDER BY sessions.id"""
TOLD = """
    SELECT session_id, version, data->>'status' AS status, data->>'visit' AS fate,
           (data->>'starts_at')::timestamptz AS starts_at, (data->>'ends_at')::timestamptz AS ends_at
      FROM session_history WHERE order_id = ANY(:orders) ORDER BY session_id, version"""
ENTRIES = "SELECT order_id, session_id, version, act FROM ledger WHERE order_id = ANY(:orders) ORDER BY id"
CLAIMS = """
    SELECT session_id, resource_id, lower(during) AS begins, upper(during) AS ends
      FROM claims JOIN sessions ON sessions.id = session_id JOIN series ON series.id = series_id
     WHERE order_id = ANY(:orders)"""


@dataclass(frozen=True, slots=True)
class Recount:
    """`next` is where to go on: the last order that was counted, None at the end."""

    orders: int
    sessions: int
    events: int
    differences: list[Difference]
    next: UUID | None


def recount(session: Session, after: UUID = FIRST, limit: int = AT_A_TIME) -> Recount:
    """The next orders by id, all as of one instant: begin it as the first thing of a transaction."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    page = select(Order.id, Order.visits).where(Order.id > after).order_by(Order.id).limit(limit)
    granted = {row.id: row.visits for row in session.execute(page)}
    entries = _rows(session, ENTRIES, granted)
    sessions, ledgers = _sessions(session, granted, entries), _by("order_id", entries)

    found = [
        {"order_id": str(order_id), **difference}
        for order_id, visits in granted.items()
        for difference in differences(visits, sessions[order_id], _balance(visits, ledgers[order_id]))
    ]
    kept = [one for of_order in sessions.values() for one in of_order]
    last = max(granted) if len(granted) == limit else None
    return Recount(len(granted), len(kept), sum(len(one.told) for one in kept), found, last)


def _balance(granted: int, entries: Iterable[Any]) -> dict[str, int]:
    return balance(granted, [(one.session_id, one.version, one.act) for one in entries]).to_json()


def _sessions(session: Session, orders: Iterable[UUID], entries: Sequence[Any]) -> dict[UUID, list[Kept]]:
    told = _by("session_id", _rows(session, TOLD, orders))
    acts = _by("session_id", entries)
    claims = _by("session_id", _rows(session, CLAIMS, orders))
    kept: dict[UUID, list[Kept]] = defaultdict(list)
    for row in _rows(session, SESSIONS, orders):
        kept[row.order_id].append(_kept(row, told[row.id], acts[row.id], claims[row.id]))
    return kept


def _kept(row: Any, told: Iterable[Any], acts: Iterable[Any], claims: Iterable[Any]) -> Kept:
    return Kept(
        id=row.id,
        status=row.status,
        version=row.version,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        wanted=tuple(one for one in (row.patient, row.therapist, row.room) if one is not None),
        claims={one.resource_id: (one.begins, one.ends) for one in claims},
        told=[Told(one.version, one.status, one.starts_at, one.ends_at, one.fate) for one in told],
        entries=[(one.version, one.act) for one in acts],
        is_over=bool(row.is_over),
    )


def _by(name: str, rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped


def _rows(session: Session, query: str, orders: Iterable[UUID]) -> Sequence[Any]:
    asked = text(query).bindparams(bindparam("orders", type_=ARRAY(PGUUID(as_uuid=True))))
    return session.execute(asked, {"orders": list(orders)}).all()
