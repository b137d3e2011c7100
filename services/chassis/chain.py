"""The audit trail as chains: each row's hash covers the row and the hash of the row before it.

The database chains a row as it is written (`migrations.chassis_0002`), so that none is ever outside. A transaction
takes a chain that no other is at: there are as many as ever wrote at once, and no transaction waits for another. One
with a snapshot (REPEATABLE READ) may not see a chain's end any more, and fails: it is noted in a transaction before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Text, cast, extract, func, select
from sqlalchemy.orm import Session

from services.chassis.tables import audit, audit_chains

BEGINNING = bytes(32)
"""What comes before the first row."""
BATCH = 1000

Place = tuple[int, int]
"""A chain, and a row's number in it."""
Ends = dict[int, tuple[int, bytes]]
"""Chain → the number and the hash of its last row. Kept elsewhere, they show later whether rows were cut off."""

_CONTENT = func.json_build_array(
    *(audit.c.chain, audit.c.number, audit.c.id, extract("epoch", audit.c.at), audit.c.actor, audit.c.role),
    *(audit.c.act, audit.c.object_type, audit.c.object_id, audit.c.request_id, audit.c.facts),
)
_ROWS = select(audit.c.chain, audit.c.number, audit.c.id, audit.c.hash, cast(_CONTENT, Text).label("content"))


@dataclass(frozen=True, slots=True)
class Fault:
    """`changed`: the row, or its place; `missing`: a row was here; `cut_off`: the chain went on to here; `other_end`:
    the row has another hash than the end that was kept; `unchained`: it came in past the chains."""

    what: Literal["changed", "missing", "cut_off", "other_end", "unchained"]
    chain: int
    number: int
    row_id: int | None = None


def ends(session: Session) -> Ends:
    """Of every chain; empty before the first row."""
    return {row.chain: (row.number, bytes(row.hash)) for row in session.execute(select(audit_chains))}


def check(session: Session, kept: Ends | None = None) -> Iterator[int | Fault]:
    """Walks the chains: yields how many rows hold as it goes on, and the first fault, with which it ends."""
    to_be_passed = [(chain, *end) for known in (ends(session), kept or {}) for chain, end in known.items()]
    expected: dict[Place, set[bytes]] = {}
    for chain, number, hash_ in to_be_passed:
        expected.setdefault((chain, number), set()).add(hash_)
    yield from _walk(session, expected)


def _walk(session: Session, expected: dict[Place, set[bytes]]) -> Iterator[int | Fault]:
    """1. Each row has the number after the one before it, and the hash that follows.
    2. Where a chain ended once, it has the hash that it had then.
    3. Each place where one ended was passed.
    """
    rows = _ROWS.order_by(audit.c.chain, audit.c.number, audit.c.id)
    count, chain, number, before = 0, 0, 0, BEGINNING
    for row in session.execute(rows, execution_options={"yield_per": BATCH}):
        if row.chain != chain:
            chain, number, before = row.chain, 0, BEGINNING
        count, number = count + 1, number + 1
        if row.chain is None or row.number is None:
            yield Fault("unchained", 0, 0, row.id)
            return
        if row.number != number:
            yield Fault("missing", chain, number)
            return
        before = hashlib.sha256(before + row.content.encode()).digest()
        if before != bytes(row.hash):
            yield Fault("changed", chain, number, row.id)
            return
        if expected.pop((chain, number), {before}) != {before}:
            yield Fault("other_end", chain, number, row.id)
            return
        if count % BATCH == 0:
            yield count
    yield Fault("cut_off", *min(expected)) if expected else count
