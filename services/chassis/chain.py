"""The audit trail as a chain: each row's hash covers the row and the hash of the row before it.

Rows come in unchained, so that no transaction waits for another; the worker chains what was committed, one batch after
the other. A row's number is its place in the chain. Ids would not do: they are drawn before the commit, so that a
lower one may appear after a higher one was chained.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session

from services.chassis.database import Sessions
from services.chassis.tables import audit

BEGINNING = bytes(32)
"""What comes before the first row."""
BATCH = 1000
BATCHES = 20
"""In one go of the timer."""

_ALONE = text("SELECT pg_try_advisory_xact_lock(262523415)")
_COVERED = (
    *(audit.c.id, audit.c.at, audit.c.actor, audit.c.role, audit.c.act, audit.c.object_type, audit.c.object_id),
    *(audit.c.request_id, cast(audit.c.facts, Text).label("facts")),
)
_WAITING = select(*_COVERED).where(audit.c.number.is_(None)).order_by(audit.c.id).limit(BATCH)
_CHAIN = text(
    "UPDATE audit SET number = link.number, hash = link.hash"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:numbers AS bigint[]), CAST(:hashes AS bytea[]))"
    " AS link (id, number, hash) WHERE audit.id = link.id"
)
_LAST = select(audit.c.number, audit.c.hash, audit.c.at).where(audit.c.number.is_not(None))


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain. Kept elsewhere, it shows later whether rows were cut off."""

    number: int
    hash: bytes
    at: datetime | None
    waiting: int = 0
    """Rows that are not chained yet."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`changed`: the row, or its place; `missing`: a row was here; `cut_off`: the chain was longer; `other_end`: it
    has another hash than the head that was kept."""

    what: Literal["changed", "missing", "cut_off", "other_end"]
    number: int
    row_id: int | None = None


def go_on(sessions: Sessions) -> int:
    """Chain what waits, at most some batches; returns how many rows. Another replica at work is left to it."""
    chained = 0
    for _ in range(BATCHES):
        with sessions.begin() as session:
            some = _chain_some(session)
        chained += some
        if some < BATCH:
            break
    return chained


def _chain_some(session: Session) -> int:
    if not session.scalar(_ALONE):
        return 0
    rows = session.execute(_WAITING).all()
    if not rows:
        return 0
    end = head(session, count=False)
    numbers = list(range(end.number + 1, end.number + 1 + len(rows)))
    hashes, last = [], end.hash
    for row, number in zip(rows, numbers, strict=True):
        last = link(last, number, row)
        hashes.append(last)
    session.execute(_CHAIN, {"ids": [row.id for row in rows], "numbers": numbers, "hashes": hashes})
    return len(rows)


def link(before: bytes, number: int, row: Any) -> bytes:
    """SHA-256 of the hash before and the row, written in one way only."""
    content = [number, row.id, row.at.astimezone(UTC).isoformat(), row.actor, row.role, row.act]
    content += [row.object_type, row.object_id, row.request_id, row.facts]
    return hashlib.sha256(before + json.dumps(content, separators=(",", ":")).encode()).digest()


def head(session: Session, *, count: bool = True) -> Head:
    """Number 0 where nothing is chained yet."""
    last = session.execute(_LAST.order_by(audit.c.number.desc()).limit(1)).one_or_none()
    waits = select(func.count()).select_from(audit).where(audit.c.number.is_(None))
    waiting = (session.scalar(waits) or 0) if count else 0
    return Head(last.number, bytes(last.hash), last.at, waiting) if last else Head(0, BEGINNING, None, waiting)


def check(session: Session, kept: Head | None = None) -> Iterator[int | Fault]:
    """Walks the whole chain: yields numbers as it goes on, and the first fault, with which it ends."""
    rows = select(*_COVERED, audit.c.number, audit.c.hash).where(audit.c.number.is_not(None)).order_by(audit.c.number)
    before, number = BEGINNING, 0
    for row in session.execute(rows, execution_options={"yield_per": BATCH}):
        number += 1
        if row.number != number:
            yield Fault("missing", number)
            return
        before = link(before, number, row)
        if before != bytes(row.hash):
            yield Fault("changed", number, row.id)
            return
        if kept and kept.number == number and kept.hash != before:
            yield Fault("other_end", number, row.id)
            return
        if number % BATCH == 0:
            yield number
    yield Fault("cut_off", number + 1) if kept and kept.number > number else number
