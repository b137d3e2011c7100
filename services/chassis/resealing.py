"""Everything that is sealed in a database, sealed again under the first key, while the service goes on.

1. Count: which key sealed how many rows of each column.
2. Go through a column by its primary key, some rows at a time; rows that somebody holds are left for the next round.
3. Keep how far it came with each batch, so that what was broken off goes on from there.
4. Round after round, until one finds nothing that it can seal again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis.database import Sessions
from services.chassis.seal import Seal, UnsealError
from services.chassis.tables import key_rotations
from services.contracts import booking, notify, referrals  # noqa: F401 (they register the events)
from services.contracts.event import sealed_fields, type_registry

TOKEN = "gAAAAA"  # noqa: S105
"""With which every Fernet token begins until the year 2106."""
CLEAR = "clear"
"""The count's name for what was kept before it was sealed."""
UNNAMED = "unnamed"
"""Sealed before there were ids of keys."""
BATCH = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A column with sealed values. `event`: whole events, with sealed fields in them; `once_clear`: some of its rows
    may be from before it was sealed; `large`: a few at a time."""

    table: str
    column: str
    kind: Literal["value", "event", "once_clear", "large"] = "value"

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


CHASSIS = (Place("inbox", "body", "event"), Place("inbox", "sealed_body"), Place("outbox", "body", "event"))


@dataclass(slots=True)
class Round:
    """What one way through a column did."""

    sealed: int = 0
    not_opened: int = 0
    """Rows under a key that is not known here."""


class Resealing:
    def __init__(self, sessions: Sessions, seal: Seal, places: Sequence[Place]) -> None:
        self._sessions, self._seal = sessions, seal
        self.places = (*places, *CHASSIS)
        self._metadata = MetaData()

    def count(self, place: Place) -> dict[str, int]:
        """Key id → rows; `clear` and `unnamed` are none."""
        column = self._column(place)
        key = func.coalesce(func.substring(column, f"([0-9a-f]{{8}}):{TOKEN}"), UNNAMED)
        with self._sessions.begin() as session:
            _take_time(session)
            rows: Any = session.execute(select(key, func.count()).where(column.contains(TOKEN)).group_by(key))
            groups = dict(map(tuple, rows))
            if place.kind == "once_clear":
                clear = select(func.count()).where(column != "", ~column.contains(TOKEN))
                groups |= {CLEAR: found} if (found := session.scalar(clear)) else {}
        return groups

    def remaining(self, place: Place) -> int:
        return sum(number for key, number in self.count(place).items() if key != self._seal.key_id)

    def run(self, place: Place, done: Callable[[int], None] = lambda rows: None) -> Round:
        """All of a column that can be opened; what was left (held by somebody) is tried again in further rounds."""
        whole = Round()
        while True:
            this = Round()
            for some in self._batches(place):
                this.sealed += some.sealed
                this.not_opened += some.not_opened
                done(some.sealed)
            whole.sealed += this.sealed
            whole.not_opened = this.not_opened
            self._forget(place)
            if not this.sealed:
                return whole

    def _batches(self, place: Place) -> Iterator[Round]:
        while True:
            with self._sessions.begin() as session:
                _take_time(session)
                # tables that only grow let whoever says this write
                session.execute(text("SET LOCAL fascia.rewriting = 'on'"))
                rows = self._next(session, place)
                if not rows:
                    return
                some = self._seal_again(session, place, rows)
                self._came_to(session, place, [str(key) for key in rows[-1][1:]])
            yield some

    def _next(self, session: Session, place: Place) -> Sequence[Any]:
        table, column = self._table(place), self._column(place)
        under = func.substring(column, f"([0-9a-f]{{8}}):{TOKEN}")
        old = and_(column.contains(TOKEN), under.is_distinct_from(self._seal.key_id))
        if place.kind == "once_clear":
            old = or_(old, and_(column != "", ~column.contains(TOKEN)))
        keys = list(table.primary_key.columns)
        wanted = select(column, *keys).where(old).order_by(*keys).with_for_update(skip_locked=True)
        if after := self._after(session, place):
            typed = [cast(literal(value, Text), key.type) for value, key in zip(after, keys, strict=True)]
            wanted = wanted.where(tuple_(*keys) > tuple_(*typed))
        return session.execute(wanted.limit(BATCH if place.kind != "large" else 5)).all()

    def _seal_again(self, session: Session, place: Place, rows: Sequence[Any]) -> Round:
        table, column, some, changed = self._table(place), self._column(place), Round(), []
        names = [f"key_{number}" for number in range(len(table.primary_key.columns))]
        for value, *key in rows:
            try:
                changed.append({**dict(zip(names, key, strict=True)), "again": self._again(place, value)})
                some.sealed += 1
            except UnsealError:
                some.not_opened += 1
        same = [each == bindparam(name) for each, name in zip(table.primary_key.columns, names, strict=True)]
        if changed:
            session.connection().execute(update(table).where(*same).values({column: bindparam("again")}), changed)
        return some

    def _again(self, place: Place, value: str) -> str:
        if place.kind == "event":
            return self._event_again(value)
        if place.kind == "once_clear" and TOKEN not in value:
            return self._seal.close(value)
        return self._seal.again(value)

    def _event_again(self, body: str) -> str:
        envelope = json.loads(body)
        cls = type_registry.get(envelope["type"])
        if cls is None:
            raise UnsealError("no event of ours")
        for name in sealed_fields(cls):
            if envelope["data"].get(name) is not None:
                envelope["data"][name] = self._seal.again(envelope["data"][name])
        return json.dumps(envelope, separators=(",", ":"))

    def _after(self, session: Session, place: Place) -> list[str] | None:
        same = (key_rotations.c.place == str(place), key_rotations.c.key_id == self._seal.key_id)
        return session.scalar(select(key_rotations.c.after).where(*same))

    def _came_to(self, session: Session, place: Place, after: list[str]) -> None:
        now = {"key_id": self._seal.key_id, "after": after, "at": func.clock_timestamp()}
        row = insert(key_rotations).values(place=str(place), **now)
        session.execute(row.on_conflict_do_update(index_elements=["place"], set_=now))

    def _forget(self, place: Place) -> None:
        with self._sessions.begin() as session:
            session.execute(delete(key_rotations).where(key_rotations.c.place == str(place)))

    def _table(self, place: Place) -> Table:
        if place.table not in self._metadata.tables:
            with self._sessions() as session:
                Table(place.table, self._metadata, autoload_with=session.connection(), resolve_fks=False)
        return self._metadata.tables[place.table]

    def _column(self, place: Place) -> Any:
        return self._table(place).c[place.column]


def _take_time(session: Session) -> None:
    session.execute(text("SET LOCAL statement_timeout = 0"))
