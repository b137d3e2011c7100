"""What a database of referrals holds, to compare two of them: ids by their order, nothing sealed and no times."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.referrals.house import House

ORDERED = {
    "patients": "id",
    "physicians": "npi",
    "referrals": "id",
    "referral_copies": "referral_id, place",
    "placer_numbers": "key, sender",
    "patient_keys": "key, patient_id",
    "patient_matches": "id",
    "physician_proposals": "referral_id, id",
    "outbox": "id",
    "audit": "id",
}
"""Table → in which order its rows are compared."""
NAMED = ("patients", "physicians", "referrals", "patient_matches", "physician_proposals")
DIFFERENT = {"outbox": {"id", "event_id"}, "audit": {"id", "chain", "number", "hash"}}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.:+Z-]*")
_SEALED = re.compile(r"[0-9a-f]{8}:gAAAA[\w=-]+")


def picture(house: House) -> dict[str, list[str]]:
    """Table → its rows, as text."""
    names = _names(house)
    return {table: [_plain(house, names, row) for row in _rows(house, table)] for table in ORDERED}


def _names(house: House) -> dict[str, str]:
    return {
        str(row["id"]): f"{table} {place}"
        for table in NAMED
        for place, row in enumerate(_rows(house, table, without=frozenset()))
    }


def _rows(house: House, table: str, without: frozenset[str] | None = None) -> list[dict[str, Any]]:
    left_out = DIFFERENT.get(table, set()) if without is None else without
    rows = house.rows(f"SELECT * FROM {table} ORDER BY {ORDERED[table]}")
    return [{name: value for name, value in row._mapping.items() if name not in left_out} for row in rows]


def _plain(house: House, names: dict[str, str], row: dict[str, Any]) -> str:
    if "body" in row:
        row = {**row, "body": {name: part for name, part in json.loads(row["body"]).items() if name != "id"}}
    text = _SEALED.sub(lambda found: house.running.seal.open(found[0]), json.dumps(row, default=str, sort_keys=True))
    return _TIME.sub("…", _ID.sub(lambda found: names.get(found[0], "?"), text))
