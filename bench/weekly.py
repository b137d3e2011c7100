"""What calendars offer for a series: repeat the first free time every few days, and skip what conflicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Span = tuple[datetime, datetime]


def repeat(problem: dict[str, Any]) -> list[dict[str, Any]]:
    """The first free time of the preferred therapist, then the same weekday times again; [] when too few are left.

    A date whose time is taken is skipped, as recurring events do, so gaps can be longer than prescribed.
    """
    wanted = problem["patient"].get("therapist") or problem["therapists"][0]["id"]
    therapist = next(each for each in problem["therapists"] if each["id"] == wanted)
    first = _first(problem, therapist)
    found = [first] if first else []
    steps = _steps(problem)
    while found and len(found) < problem["visits"]:
        start = _next(problem, therapist, found[-1]["at"], steps)
        if start is None:
            return []
        found.append(start)
    return found


def _steps(problem: dict[str, Any]) -> int:
    return max(1, round(problem["cadence"]["per_days"] / problem["cadence"]["visits"]))


def _first(problem: dict[str, Any], therapist: dict[str, Any]) -> dict[str, Any] | None:
    for begins, ends in _spans(therapist["open"]):
        start = begins
        while start + timedelta(minutes=problem["session_minutes"]) <= ends:
            if visit := _bookable(problem, therapist, start):
                return visit
            start += timedelta(minutes=15)
    return None


def _next(problem: dict[str, Any], therapist: dict[str, Any], at: datetime, days: int) -> dict[str, Any] | None:
    latest = datetime.fromisoformat(problem["latest"]) + timedelta(days=1)
    start = at + timedelta(days=days)
    while start < latest:
        if visit := _bookable(problem, therapist, start):
            return visit
        start += timedelta(days=days)
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
