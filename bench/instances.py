"""Random planning problems of a clinic's size, the same for the same seed."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

WEIGHTS = {"spacing": 10, "switch": 40, "preferred": 25, "drift": 1, "wait": 4, "therapist": 15}
FIRST = date(2027, 2, 15)
BUSY_MINUTES = (30, 45, 60, 75)


def realistic(
    seed: int, visits: int = 12, therapists: int = 20, rooms: int = 10, days: int = 90, busy: float = 0.7
) -> dict[str, Any]:
    """A planning problem as JSON values: `days` dates from a Monday in February, over a change of the clocks.

    Therapists work eight hours on weekdays, early or late; the share `busy` of their time and of the rooms'
    is taken, in pieces of 30 to 75 minutes. The patient has meetings and wishes for times and a therapist.
    """
    chance = random.Random(seed)
    weekdays = [day for day in (FIRST + timedelta(n) for n in range(days)) if day.weekday() < 5]
    return {
        "timezone": "America/New_York",
        "earliest": FIRST.isoformat(),
        "first_by": (FIRST + timedelta(12)).isoformat(),
        "latest": (FIRST + timedelta(days - 1)).isoformat(),
        "visits": visits,
        "session_minutes": 45,
        "cadence": {"visits": 2, "per_days": 7},
        "gap_days": {"min": 2, "max": 6},
        "therapists": [_therapist(chance, number, weekdays, busy) for number in range(1, therapists + 1)],
        "rooms": [
            {"id": 100 + number, "busy": _all_taken(chance, weekdays, 8, 20, busy)} for number in range(1, rooms + 1)
        ],
        "patient": _patient(chance, weekdays, therapists),
        "weights": WEIGHTS,
    }


def _therapist(chance: random.Random, number: int, weekdays: list[date], busy: float) -> dict[str, Any]:
    opens = chance.choice((8, 9, 10, 11, 12))
    return {
        "id": number,
        "name": f"Therapist {number}",
        "buffer_minutes": chance.choice((0, 10, 15)),
        "open": [_span(_at(day, opens * 60), 8 * 60) for day in weekdays],
        "busy": _all_taken(chance, weekdays, opens, opens + 8, busy),
    }


def _patient(chance: random.Random, weekdays: list[date], therapists: int) -> dict[str, Any]:
    working = [day for day in weekdays if chance.random() < 0.5]
    meetings = [_span(_at(day, chance.randrange(8 * 60, 17 * 60, 5)), 60) for day in working]
    return {
        "busy": meetings,
        "possible": [{"weekdays": [0, 1, 2, 3, 4], "from": "08:00", "to": "18:00"}],
        "preferred": [{"weekdays": sorted(chance.sample(range(5), 2)), "from": "15:00", "to": "18:00"}],
        "therapist": chance.randint(1, therapists),
    }


def _all_taken(chance: random.Random, days: list[date], opens: int, closes: int, busy: float) -> list[list[str]]:
    return [span for day in days for span in _taken(chance, day, opens, closes, busy)]


def _taken(chance: random.Random, day: date, opens: int, closes: int, busy: float) -> list[list[str]]:
    """Spans that do not overlap, covering about the share `busy` of the hours."""
    spans, minute = [], opens * 60
    while minute < closes * 60:
        length = min(chance.choice(BUSY_MINUTES), closes * 60 - minute)
        if chance.random() < busy:
            spans.append(_span(_at(day, minute), length))
        minute += length
    return spans


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def _span(begin: datetime, minutes: int) -> list[str]:
    return [f"{begin:%Y-%m-%dT%H:%M}", f"{begin + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}"]
