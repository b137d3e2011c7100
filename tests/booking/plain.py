"""A planning problem with nothing special about it, for tests to change."""

from typing import Any

from services.booking.planner import plan

Json = dict[str, Any]

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (f"2027-03-0{day}" for day in range(1, 6))
WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
WEIGHTS = {"spacing": 10, "switch": 40, "preferred": 25, "drift": 1, "wait": 4, "therapist": 15}


def span(day: str, begin: str, end: str) -> list[str]:
    return [f"{day}T{begin}", f"{day}T{end}"]


def therapist(id_: int = 7, *open_: list[str], **changes: Any) -> Json:
    """Open from 9 to 12 on each day of the week unless told otherwise, never busy, no buffer."""
    hours = list(open_) or [span(day, "09:00", "12:00") for day in WEEK]
    return {"id": id_, "buffer_minutes": 0, "open": hours, "busy": [], **changes}


def window(begin: str, end: str, *weekdays: int) -> Json:
    return {"weekdays": list(weekdays or range(7)), "from": begin, "to": end}


def problem(**changes: Any) -> Json:
    """One 45-minute visit in New York in the first week of March 2027, one therapist, one room."""
    return {
        "timezone": "America/New_York",
        "earliest": MONDAY,
        "latest": FRIDAY,
        "visits": 1,
        "session_minutes": 45,
        "cadence": {"visits": 2, "per_days": 7},
        "gap_days": {"min": 1, "max": 4},
        "therapists": [therapist()],
        "rooms": [{"id": 101, "busy": []}],
        "patient": {"busy": []},
        "weights": WEIGHTS,
    } | changes


def planned(**changes: Any) -> Json:
    """The answer to that problem with some changes."""
    return plan(problem(**changes)).to_json()


def first_start(**changes: Any) -> str | None:
    """Where the first visit of that answer begins, None where there is none."""
    return next((f"{visit['date']} {visit['start']}" for visit in planned(**changes)["visits"]), None)
