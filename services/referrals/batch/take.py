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
from services.contracts.event import Event
from services.referrals.batch.files import Row
from services.referrals.forms.reading import flat
from services.referrals.intake import placers
from services.referrals.intake.reading import primitives, read_open
from services.referrals.intake.receive import PlacerNumberReused, receive
from services.referrals.intake.rules import Calendar
from services.referrals.models import PlacerNumber

AT_ONCE = 200
"""Rows in a transaction."""


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

    def take(self, rows: Iterable[Row]) -> Iterator[Count]:
        """How many became what, for every few hundred rows; the last of them are committed by then."""
        following = iter(rows)
        while some := list(islice(following, AT_ONCE)):
            yield self._batch(some)

    def _batch(self, rows: Sequence[Row]) -> Count:
        count = Count(rows=len(rows), last=rows[-1].number)
        with self.sessions.begin() as session:
            now = clock.now(session)
        calendar: Calendar = self.calendar(now)
        sound = [(row.number, *read) for row in rows if (read := self._read(row, calendar, count))]
        if self.dry:
            self._look(sound, count)
            return count
        try:
            with self.sessions.begin() as session:
                self._receive(session, sound, now, count)
        except (Refusal, OperationalError):
            # One of them is refused, or somebody else holds what it needs: so each by itself.
            count.new = count.known = 0
            self._one_by_one(sound, now, count)
        return count

    def _read(self, row: Row, calendar: Calendar, count: Count) -> tuple[dict[str, Any], tuple[str, ...]] | None:
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
        return intake, missing

    def _receive(self, session: Session, sound: Sequence[Any], now: datetime, count: Count) -> None:
        outbox = Gathering(self.outbox)
        for _, intake, missing in sound:
            _, new = receive(session, outbox, self.vault, intake, now, missing)
            count.new += new
            count.known += not new
        outbox.pass_on(session)

    def _one_by_one(self, sound: Sequence[Any], now: datetime, count: Count) -> None:
        for one in sound:
            try:
                with self.sessions.begin() as session:
                    self._receive(session, [one], now, count)
            except Refusal as refusal:
                count.refused.append(_refused(one[0], refusal))

    def _look(self, sound: Sequence[Any], count: Count) -> None:
        """What would become of them; nothing is written."""
        with self.sessions.begin() as session:
            for number, intake, _ in sound:
                said = primitives(intake)
                held = session.get(PlacerNumber, placers.key(self.vault, said["placer"], said["physician"]["npi"]))
                if held and held.fingerprint != placers.fingerprint(self.vault, said):
                    count.refused.append(_refused(number, PlacerNumberReused()))
                else:
                    count.known += held is not None
                    count.new += held is None


class Gathering(Outbox):
    """Keeps what is recorded until a batch is done: one round trip for all of it, in the same transaction."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox, self._events = outbox, list[Event]()

    def record(self, session: Session, *events: Event) -> None:
        self._events += events

    def pass_on(self, session: Session) -> None:
        self._outbox.record(session, *self._events)


def _refused(row: int, refusal: Refusal) -> Refused:
    place = "placer.number" if isinstance(refusal, PlacerNumberReused) else ""
    return Refused(row, place, refusal.message)
