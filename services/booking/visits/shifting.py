"""Where visits come to lie when one of them, or all that follow, are moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from services.booking.planning.wallclock import instants_of
from services.booking.visits.bookable import Mistake, Wanted

Scope = Literal["this", "following", "all"]
"""The visit alone, with all that come after it, or with all that are to come."""


class NoSuchTime(Exception):
    """The clocks go forward over it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be different about a visit; what is None stays."""

    start_at: datetime | None = None
    therapist: int | None = None
    room: int | None = None

    def of(self, visit: Wanted) -> Wanted:
        return Wanted(
            self.start_at or visit.start_at,
            visit.therapist if self.therapist is None else self.therapist,
            visit.room if self.room is None else self.room,
        )


def alike(before: Wanted, after: Wanted, other: Wanted, zone: ZoneInfo) -> Wanted:
    """Another visit, moved as this one is: by as many days and hours of wall-clock time, to the same therapist and
    room where those change.

    Raises `NoSuchTime`.
    """
    return Wanted(
        shifted(before.start_at, after.start_at, other.start_at, zone),
        other.therapist if after.therapist == before.therapist else after.therapist,
        other.room if after.room == before.room else after.room,
    )


def shifted(before: datetime, after: datetime, other: datetime, zone: ZoneInfo) -> datetime:
    """An instant, as much later on the zone's clocks as `after` is than `before`. Raises `NoSuchTime`."""
    if before == after:
        return other
    wall = _wall(other, zone) + (_wall(after, zone) - _wall(before, zone))
    instants = instants_of(wall.date(), wall.time(), zone)
    if not instants:
        raise NoSuchTime
    return instants[0]


def amiss(
    before: Mapping[int, datetime], after: Mapping[int, datetime], zone: ZoneInfo
) -> Iterator[tuple[int, Mistake]]:
    """What is wrong with where visits (instants by number) come to lie among the others of their series.

    Two visits that were out of order before may stay so.
    """
    for number, start in after.items():
        others = {other: at for other, at in after.items() if other != number}
        if before.get(number) == start:
            continue
        if any(_wall(at, zone).date() == _wall(start, zone).date() for at in others.values()):
            yield number, ("start_at", "One visit a day: choose another day.")
        elif any(_crosses(number, other, before, after) for other in others):
            yield number, ("start_at", "Put the visits in order of time.")


def _crosses(one: int, other: int, before: Mapping[int, datetime], after: Mapping[int, datetime]) -> bool:
    if one not in before or other not in before:
        return False
    were_in_order = (one < other) == (before[one] < before[other])
    return were_in_order and (one < other) != (after[one] < after[other])


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
