"""What calendars offer for a series: repeat the first free time every few days, and skip what conflicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Span = tuple[datetime, datetime]


def repeat(problem: dict[str, Any]) -> list[dict[str, Any]]:
    """The first free time of the preferred therapist, and as many more days of that week as the cadence asks for,
    each repeated every week: as many visits as are free.

    A date whose time is taken is skipped, as recurring events do, so gaps can be longer than prescribed, and there
    can be fewer visits.
    """
    wanted = problem["patient"].get("therapist") or problem["therapists"][0]["id"]
    therapist = next(each for each in problem["therapists"] if each["id"] == wanted)
    first = _first(problem, therapist)
    starts = _every_week(problem, first["at"]) if first else []
    found = [visit for at in starts if (visit := _bookable(problem, therapist, at))]
    return found[: problem["visits"]]


def _every_week(problem: dict[str, Any], first: datetime) -> list[datetime]:
    """The same time on weekdays as far apart as they can be: of two visits a week, on Monday and Thursday."""
    cadence, latest = problem["cadence"], datetime.fromisoformat(problem["latest"]) + timedelta(days=1)
    a_week = max(1, round(cadence["visits"] * 7 / cadence["per_days"]))
    days = [(first.weekday() + n * 5 // a_week) % 5 - first.weekday() for n in range(a_week)]
    weeks = range((latest - first).days // 7 + 2)
    starts = [first + timedelta(days=day + 7 * week) for week in weeks for day in days]
    return sorted(at for at in starts if first <= at < latest)


def _first(problem: dict[str, Any], therapist: dict[str, Any]) -> dict[str, Any] | None:
    for begins, ends in _spans(therapist["open"]):
        start = begins
        while start + timedelta(minutes=problem["session_minutes"]) <= ends:
            if visit := _bookable(problem, therapist, start):
                return visit
            start += timedelta(minutes=15)
    return None


def _bookable(problem: dict[str, Any], therapist: dict[str, Any], start: datetime) -> dict[str, Any] | None:
    ends = start + timedelta(minutes=problem["session_minutes"])
    held = ends + timedelta(minutes=therapist["buffer_minutes"])
    is_open = any(a <= start and ends <= b for a, b in _spans(therapist["open"]))
    if not is_open or _taken(therapist["busy"], start, held) or _taken(problem["patient"]["busy"], start, ends):
        return None
    for room in problem["rooms"] or [{"id": None, "busy": []}]:
        if not _taken(room["busy"], start, held):
            here = {"therapist": therapist["id"], "room": room["id"]}
            return {"at": start, "date": start.date().isoformat(), "start": f"{start:%H:%M}", **here}
    return None


def _taken(busy: list[list[str]], start: datetime, end: datetime) -> bool:
    return any(a < end and start < b for a, b in _spans(busy))


def _spans(pairs: list[list[str]]) -> list[Span]:
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in pairs]
