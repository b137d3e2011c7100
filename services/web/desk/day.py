"""The clinic's day as a page shows it: one column for each therapist, one row for each quarter hour. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.web.desk.clinic import Here
from services.web.desk.visits import Visit

GRID_MINUTES = 15
EARLIEST, LATEST = 8, 18
"""The hours that are always shown; visits outside them widen the day."""


@dataclass(frozen=True)
class Card:
    visit: Visit
    patient: str
    of: int
    row: int
    rows: int

    @property
    def is_now(self) -> bool:
        return self.visit.is_open and self.visit.start <= self.visit.now < self.visit.end


@dataclass(frozen=True)
class Column:
    therapist: str
    cards: list[Card] = field(default_factory=list)
    cancelled: list[Card] = field(default_factory=list)
    """Apart, because somebody else may have their time by now."""


@dataclass(frozen=True)
class Day:
    on: date
    is_today: bool
    columns: list[Column]
    hours: list[tuple[int, int]]
    """(hour, its row)."""
    rows: int
    now_row: int | None
    visits: int

    @property
    def cancelled(self) -> int:
        return sum(len(column.cancelled) for column in self.columns)


def day_view(on: date, here: Here, sessions: Sequence[dict[str, Any]], names: dict[str, str]) -> Day:
    visits = [here.visit(each) for each in sessions]
    first = min([EARLIEST, *(one.start.hour for one in visits)])
    last = max([LATEST, *(_closing_hour(one.start, one.end) for one in visits)])
    columns: dict[str, Column] = {}
    for each, visit in sorted(zip(sessions, visits, strict=True), key=lambda pair: pair[1].start):
        column = columns.setdefault(visit.therapist, Column(visit.therapist))
        card = _card(visit, names.get(each["patient_id"], "Patient"), each["of"], first)
        (column.cancelled if visit.status == "cancelled" else column.cards).append(card)
    now = here.local_now
    return Day(
        on=on,
        is_today=on == now.date(),
        columns=[columns[name] for name in sorted(columns)],
        hours=[(hour, _row(hour, 0, first)) for hour in range(first, last)],
        rows=(last - first) * 60 // GRID_MINUTES,
        now_row=_row(now.hour, now.minute, first) if on == now.date() and first <= now.hour < last else None,
        visits=sum(one.status != "cancelled" for one in visits),
    )


def _closing_hour(start: datetime, end: datetime) -> int:
    return 24 if end.date() > start.date() else end.hour + (1 if end.minute else 0)


def _row(hour: int, minute: int, first: int) -> int:
    return ((hour - first) * 60 + minute) // GRID_MINUTES + 1


def _card(visit: Visit, patient: str, of: int, first: int) -> Card:
    return Card(
        visit=visit,
        patient=patient,
        of=of,
        row=_row(visit.start.hour, visit.start.minute, first),
        rows=max(1, int((visit.end - visit.start).total_seconds()) // 60 // GRID_MINUTES),
    )
