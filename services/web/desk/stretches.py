"""Free starts on every quarter of an hour, as the stretches of time that they make up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

QUARTER = 15

Days = list[tuple[str, list[tuple[int, str]]]]


def of_days(days: Iterable[Mapping[str, Any]], minutes: int) -> Days:
    """Each date with who is free: therapist, and `10:00–12:30, 14:00–15:00`."""
    return [(day["date"], of_day(day["starts"], minutes)) for day in days]


def of_day(starts: Iterable[Mapping[str, Any]], minutes: int) -> list[tuple[int, str]]:
    """A visit of `minutes` may begin at each of the starts, so its whole length is free from there."""
    begins: dict[int, list[int]] = {}
    for start in starts:
        for one in start["therapists"]:
            begins.setdefault(one["therapist"], []).append(_minute(start["start"]))
    return [(who, ", ".join(_joined(found, minutes))) for who, found in sorted(begins.items())]


def _joined(begins: Iterable[int], minutes: int) -> list[str]:
    runs: list[list[int]] = []
    for minute in begins:
        if runs and minute - runs[-1][1] <= QUARTER:
            runs[-1][1] = minute
        else:
            runs.append([minute, minute])
    return [f"{_clock(first)}–{_clock(last + minutes)}" for first, last in runs]


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
