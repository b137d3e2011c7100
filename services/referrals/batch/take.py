"""Taking many referrals in: a few hundred in one transaction, and each that is refused with its row and why.

A row is known again by the number that its office gave it, so that a file can be imported again, from anywhere on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import clock
from services.chassis.database import Sessions
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, Refusal
from services.chassis.vault import Vault
from services.referrals.batch.files import Row
from services.referrals.forms.reading import flat
from services.referrals.intake import numbers, placers
from services.referrals.intake.order import Order
from services.referrals.intake.reading import read_open
from services.referrals.intake.receive import PlacerNumberReused
from services.referrals.intake.rules import Calendar
from services.referrals.intake.several import Fate, receive_some

AT_ONCE = 200
"""Rows in a transaction."""


HELD = ("55P03", "40P01")
"""PostgreSQL: a lock was waited for too long; two waited for one another."""


class RowHeld(Refusal):
    message = "Somebody else is at work on what this row names. Import it again."


class Refused(NamedTuple):
    row: int
    field: str
    why: str


@dataclass(slots=True)
class Count:
    rows: int = 0
    new: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    """Of the rows since the last time."""
    last: int = 0
    """The number of the last row that is done with."""


@dataclass(frozen=True, slots=True)
class Importer:
    sessions: Sessions
    outbox: Outbox
    vault: Vault
    table: Table
    calendar: Any
    """now → `Calendar`"""
    dry: bool = False
    at_once: int = AT_ONCE

    def take(self, rows: Iterable[Row]) -> Iterator[Count]:
        """How many became what, for every few hundred rows; the last of them are committed by then."""
        following = iter(rows)
        while some := list(islice(following, self.at_once)):
            yield self._batch(some)

    def _batch(self, rows: Sequence[Row]) -> Count:
        count = Count(rows=len(rows), last=rows[-1].number)
        with self.sessions.begin() as session:
            now = clock.now(session)
        calendar: Calendar = self.calendar(now)
        sound = [(row.number, order) for row in rows if (order := self._read(row, calendar, count))]
        for (number, _), fate in zip(sound, self._fates([order for _, order in sound], now), strict=True):
            if isinstance(fate, Refusal):
                count.refused += _refused(number, fate)
            else:
                count.new += fate
                count.known += not fate
        count.refused.sort(key=lambda refused: refused.row)
        return count

    def _read(self, row: Row, calendar: Calendar, count: Count) -> Order | None:
        try:
            if "" in row.wrong:
                raise Invalid(**{"": row.wrong[""]})
            intake, missing = read_open(row.document, calendar, self.table)
            if intake["placer"] is None:
                row.wrong.setdefault("placer.number", ["Give each row a number: by it a row is known again."])
            if row.wrong:
                raise Invalid(**row.wrong)
        except Invalid as invalid:
            found = dict(flat(invalid.facts)) | row.wrong
            count.refused += [Refused(row.number, path, " ".join(said)) for path, said in found.items()]
            return None
        return Order.of(intake, missing)

    def _fates(self, orders: Sequence[Order], now: datetime) -> list[Fate]:
        if self.dry:
            return self._foreseen(orders)
        try:
            return self._received(orders, now)
        except OperationalError:
            # Somebody else holds what one of them needs: so each by itself. Whether the database took them in before it
            # went away, nobody knows: under ids of their own they would be found.
            return [self._received_alone(order.anew(), now) for order in orders]

    def _received_alone(self, order: Order, now: datetime) -> Fate:
        try:
            [fate] = self._received([order], now)
        except OperationalError as error:
            if getattr(error.orig, "pgcode", None) not in HELD:
                raise
            return RowHeld()
        return fate

    def _received(self, orders: Sequence[Order], now: datetime) -> list[Fate]:
        with self.sessions.begin() as session:
            return receive_some(session, self.outbox, self.vault, orders, now)

    def _foreseen(self, orders: Sequence[Order]) -> list[Fate]:
        """What would become of them; nothing is written."""
        with self.sessions.begin() as session:
            found = numbers.standings(session, numbers.asked_for(self.vault, orders))
            return [self._foreseen_of(session, *one) for one in zip(orders, found, strict=True)]

    def _foreseen_of(self, session: Session, order: Order, standing: numbers.Standing) -> Fate:
        if standing == "unclear" and (held := placers.held(session, self.vault, order.said)):
            same = held.fingerprint == placers.fingerprint(self.vault, order.said)
            return False if same else PlacerNumberReused()
        return standing != "known"


def _refused(row: int, refusal: Refusal) -> list[Refused]:
    if isinstance(refusal, Invalid):
        return [Refused(row, path, " ".join(said)) for path, said in flat(refusal.facts)]
    return [Refused(row, "placer.number" if isinstance(refusal, PlacerNumberReused) else "", refusal.message)]
