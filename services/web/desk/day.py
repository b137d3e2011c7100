"""The clinic's day as a page shows it: one column for each therapist, one row for each quarter hour. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

GRID_MINUTES = 15
EARLIEST, LATEST = 8, 18
"""The hours that are always shown; visits outside them widen the day."""


@dataclass(frozen=True)
class Visit:
    patient: str
    start: str
    end: str
    row: int
    rows: int
    room: str
    reference: str
    number: int
    of: int
    status: str
    now: bool


@dataclass(frozen=True)
class Column:
    therapist: str
    visits: list[Visit] = field(default_factory=list)


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


def day_view(
    on: date,
    local_now: datetime,
    clinic: dict[str, Any],
    sessions: list[dict[str, Any]],
    names: dict[str, str],
) -> Day:
    zone = ZoneInfo(clinic["timezone"])
    times = {
        s["id"]: tuple(datetime.fromisoformat(s[k]).astimezone(zone) for k in ("starts_at", "ends_at"))
        for s in sessions
    }
    first = min([EARLIEST, *(start.hour for start, _ in times.values())])
    last = max([LATEST, *(_closing_hour(end) for _, end in times.values())])
    columns: dict[str, Column] = {}
    for each in sorted(sessions, key=lambda s: times[s["id"]]):
        start, end = times[each["id"]]
        name = each["therapist"]["name"]
        visit = _visit(each, start, end, first, names.get(each["patient_id"], "Patient"), start <= local_now < end)
        columns.setdefault(name, Column(name)).visits.append(visit)
    is_today = on == local_now.date()
    return Day(
        on=on,
        is_today=is_today,
        columns=[columns[name] for name in sorted(columns)],
        hours=[(hour, _row(hour, 0, first)) for hour in range(first, last)],
        rows=(last - first) * 60 // GRID_MINUTES,
        now_row=_row(local_now.hour, local_now.minute, first) if is_today and first <= local_now.hour < last else None,
        visits=len(sessions),
    )


def _closing_hour(end: datetime) -> int:
    return end.hour + (1 if end.minute else 0)


def _row(hour: int, minute: int, first: int) -> int:
    return ((hour - first) * 60 + minute) // GRID_MINUTES + 1


def _visit(each: dict[str, Any], start: datetime, end: datetime, first: int, patient: str, now: bool) -> Visit:
    return Visit(
        patient=patient,
        start=f"{start:%H:%M}",
        end=f"{end:%H:%M}",
        row=_row(start.hour, start.minute, first),
        rows=max(1, int((end - start).total_seconds()) // 60 // GRID_MINUTES),
        room=(each.get("room") or {}).get("name", "Home visit"),
        reference=each.get("referral_reference") or "",
        number=each["number"],
        of=each["of"],
        status=each["status"],
        now=now,
    )
