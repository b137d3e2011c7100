"""What a patient wishes of other times: days of the week, a time of day, a therapist. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

One = TypeVar("One")

PARTS = {"morning": ("00:00", "12:00"), "afternoon": ("12:00", "17:00"), "evening": ("17:00", "24:00")}
"""When a visit may begin and must end, local time."""
SLICES = (("10:30", "13:00"), ("13:00", "16:00"), ("16:00", "24:00"))
"""Of a day: the planner ranks only the best start of each day and therapist."""
MOST = 9
MOST_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Wishes:
    days: tuple[int, ...] = ()
    """0 is Monday; none is any."""
    parts: tuple[str, ...] = ()
    therapist: int | None = None

    def __bool__(self) -> bool:
        return bool(self.days or self.parts or self.therapist)

    def windows(self) -> list[dict[str, Any]] | None:
        """As booking takes them; None where every time would do."""
        return self._windows(self._spans()) if self.days or self.parts else None

    def looks(self) -> list[list[dict[str, Any]] | None]:
        """What to ask for one after the other, so that the times found are spread over the day."""
        inside = [[part for span in self._spans() if (part := _overlap(span, one))] for one in SLICES]
        return [self.windows(), *(self._windows(spans) for spans in inside if spans)]

    def _spans(self) -> list[tuple[str, str]]:
        return _joined([PARTS[name] for name in PARTS if name in self.parts]) or [("00:00", "24:00")]

    def _windows(self, spans: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        days = list(self.days or range(7))
        return [{"weekdays": days, "from": begins, "to": ends} for begins, ends in spans]


def _overlap(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str] | None:
    begins, ends = max(one[0], other[0]), min(one[1], other[1])
    return (begins, ends) if begins < ends else None


def _joined(spans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A visit may lie across noon where both morning and afternoon would do."""
    joined: list[tuple[str, str]] = []
    for begins, ends in spans:
        if joined and joined[-1][1] == begins:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return joined


def read(days: Iterable[str], parts: Iterable[str], therapist: str) -> Wishes:
    """From an address; what makes no sense there is left out."""
    known = sorted({int(day) for day in days if day in {"0", "1", "2", "3", "4", "5", "6"}})
    who = int(therapist) if therapist.isascii() and therapist.isdigit() and len(therapist) < 19 else None
    return Wishes(tuple(known), tuple(name for name in PARTS if name in set(parts)), who)


def some(ranked: Iterable[One], at_of: Callable[[One], datetime], most: int = MOST) -> list[One]:
    """The best few in order of time: one of each start, not all on one day. `at_of` tells the local time of one."""
    chosen: dict[datetime, One] = {}
    for one in ranked:
        at = at_of(one)
        same_day = sum(other.date() == at.date() for other in chosen)
        if at not in chosen and same_day < MOST_A_DAY:
            chosen[at] = one
        if len(chosen) == most:
            break
    return [chosen[at] for at in sorted(chosen)]
