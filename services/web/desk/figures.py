"""Figures of the loop as bars and points: what is how long, in percent of the longest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

AGES = {
    "under_3_days": "under 3 days",
    "under_8_days": "3–7 days",
    "under_15_days": "8–14 days",
    "under_31_days": "15–30 days",
    "older": "older",
}
WAITS = {
    "to_first_contact": "first contact",
    "to_first_visit": "first visit",
    "to_closure": "closure",
}
WORKING = ("received", "needs_information", "in_review", "accepted", "active")
FATES = {"working": "open", "completed": "completed", "ended": "ended otherwise"}


@dataclass(frozen=True, slots=True)
class Scale:
    """Days from zero; `most` is round, and so are `ticks`."""

    most: float
    ticks: Sequence[float]

    def at(self, days: float) -> float:
        """Percent of the width."""
        return round(100 * days / self.most, 2)


def scale(days: Iterable[float]) -> Scale:
    longest = max([*days, 1.0])
    step = next(step for step in _steps(longest) if longest / step <= 5)
    count = ceil(longest / step)
    return Scale(count * step, [number * step for number in range(count + 1)])


def _steps(longest: float) -> list[float]:
    unit = 10 ** max(int(log10(longest)) - 1, 0)
    return [unit * step for step in (1, 2, 5, 10, 20, 50, 100)]


def stages(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with its width, in percent of the fullest, and its ages."""
    most = max((one["count"] for one in found), default=0) or 1
    return [
        {**one, "width": round(100 * one["count"] / most, 1), "ages": [(age, one["by_age"][age]) for age in AGES]}
        for one in found
    ]


def practices(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with what became of its referrals."""
    most = max((one["received"] for one in found), default=0) or 1
    return [{**one, "width": round(100 * one["received"] / most, 1), "fates": _fates(one["by_stage"])} for one in found]


def _fates(by_stage: Mapping[str, int]) -> list[tuple[str, int]]:
    working = sum(by_stage.get(stage, 0) for stage in WORKING)
    completed = by_stage.get("completed", 0)
    counts = (working, completed, sum(by_stage.values()) - working - completed)
    return list(zip(FATES, counts, strict=True))


def waits(found: Sequence[Mapping[str, Any]]) -> Scale | None:
    """None where nothing was measured yet."""
    days = [value for one in found for value in one["median_days"].values() if value is not None]
    return scale(days) if days else None


def lasted(days: float) -> str:
    """`5 hours`, `1.5 days`, `12 days`."""
    if days < 1:
        hours = round(days * 24)
        return "under an hour" if hours < 1 else f"{hours} hour{'' if hours == 1 else 's'}"
    shown = f"{days:.1f}" if days < 10 else f"{days:.0f}"
    shown = shown.removesuffix(".0")
    return f"{shown} day{'' if shown == '1' else 's'}"
