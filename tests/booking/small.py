"""Small random planning problems with every turn the rules can take, the same for the same seed."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

# a zone and a date on which its clocks change, or nothing happens
PLACES = [
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2027, 10, 31)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Asia/Kolkata", date(2027, 6, 1)),
]


def small(seed: int) -> Json:
    """A problem of at most four visits over at most sixteen days, JSON values."""
    chance = random.Random(seed)
    zone, turn = chance.choice(PLACES)
    earliest = turn - timedelta(chance.randint(0, 5))
    days = chance.randint(4, 16)
    least = chance.randint(1, 3)
    problem: Json = {
        "timezone": zone,
        "earliest": earliest.isoformat(),
        "latest": (earliest + timedelta(days - 1)).isoformat(),
        "visits": chance.randint(1, 4),
        "session_minutes": chance.choice((15, 30, 45, 60)),
        "cadence": {"visits": chance.randint(1, 3), "per_days": chance.randint(1, 14)},
        "gap_days": {"min": least, "max": least + chance.randint(0, 5)},
        "therapists": [_therapist(chance, id_, earliest, days) for id_ in _ids(chance, range(1, 9))],
        "rooms": _rooms(chance, earliest, days),
        "patient": _patient(chance, earliest, days),
        "weights": {
            name: chance.choice((0, 1, chance.randint(1, 60)))
            for name in ("spacing", "switch", "preferred", "drift", "wait", "therapist")
        },
    }
    if chance.random() < 0.5:
        problem["first_by"] = (earliest + timedelta(chance.randint(0, days))).isoformat()
    if chance.random() < 0.3:
        number = chance.randint(1, problem["visits"])
        problem["kept"] = {str(number): _visit(chance, zone, earliest, days, room=True)}
    if chance.random() < 0.25:
        problem["before"] = _visit(chance, zone, earliest - timedelta(6), 8, room=False)
    problem["alternatives"] = chance.choice((0, 3, 20, 1000))
    return problem


def _ids(chance: random.Random, among: range) -> list[int]:
    return chance.sample(among, chance.randint(1, 3))


def _night_or_day(chance: random.Random) -> int:
    return chance.choice((0, 9)) * 60 + chance.randrange(0, 120, 5)


def _span(day: date, begin: int, minutes: int) -> list[str]:
    at = datetime.combine(day, time()) + timedelta(minutes=begin)
    return [f"{at:%Y-%m-%dT%H:%M}", f"{at + timedelta(minutes=minutes):%Y-%m-%dT%H:%M}"]


def _therapist(chance: random.Random, id_: int, earliest: date, days: int) -> Json:
    open_, busy = [], []
    for day in (earliest + timedelta(number) for number in range(-1, days + 8)):
        if chance.random() < 0.75:
            begin, minutes = _night_or_day(chance), chance.randrange(30, 240, 5)
            open_.append(_span(day, begin, minutes))
            if chance.random() < 0.4:  # touching or overlapping
                next_ = begin + minutes - chance.choice((0, 0, 20))
                open_.append(_span(day, next_, chance.randrange(30, 120, 5)))
        busy += [_busy(chance, day) for _ in range(chance.randint(0, 3))]
    return {"id": id_, "buffer_minutes": chance.choice((0, 5, 10, 15, 37)), "open": open_, "busy": busy}


def _busy(chance: random.Random, day: date) -> list[str]:
    return _span(day, chance.choice((0, 9)) * 60 + chance.randrange(0, 240), chance.randrange(0, 90))


def _rooms(chance: random.Random, earliest: date, days: int) -> list[Json] | None:
    if chance.random() < 0.25:
        return None
    dates = [earliest + timedelta(number) for number in range(days + 8)]
    return [
        {"id": id_, "busy": [_busy(chance, day) for day in dates for _ in range(chance.randint(0, 3))]}
        for id_ in _ids(chance, range(100, 120))
    ]


def _windows(chance: random.Random) -> list[Json]:
    return [_window(chance) for _ in range(chance.randint(0, 2))]


def _window(chance: random.Random) -> Json:
    begin = chance.choice((0, 1, 8, 9)) * 60 + chance.randrange(0, 120, 5)
    end = min(24 * 60, begin + chance.choice((60, 180, 300, 24 * 60)))
    weekdays = sorted(chance.sample(range(7), chance.randint(2, 7)))
    return {"weekdays": weekdays, "from": _clock(begin), "to": _clock(end)}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _patient(chance: random.Random, earliest: date, days: int) -> Json:
    dates = [earliest + timedelta(number) for number in range(days) if chance.random() < 0.4]
    patient: Json = {"busy": [_busy(chance, day) for day in dates]}
    if chance.random() < 0.6:
        patient["possible"] = chance.choice((None, _windows(chance), [_window(chance)]))
    if chance.random() < 0.6:
        patient["preferred"] = chance.choice((None, _windows(chance)))
    if chance.random() < 0.6:
        patient["therapist"] = chance.choice((None, chance.randint(1, 9)))
    return patient


def _visit(chance: random.Random, zone: str, first: date, days: int, room: bool) -> Json:
    """A visit on some date, at a time that the clocks show."""
    while True:
        day = first + timedelta(chance.randrange(days))
        start = time(chance.choice((0, 1, 2, 3, 9, 10, 11)), chance.choice((0, 15, 30, 45)))
        wall = datetime.combine(day, start, ZoneInfo(zone))
        if wall.timestamp() <= wall.replace(fold=1).timestamp():  # not skipped
            break
    visit = {"date": day.isoformat(), "start": f"{start:%H:%M}", "therapist": chance.randint(1, 9)}
    return {**visit, "room": chance.choice((None, 100))} if room else visit
