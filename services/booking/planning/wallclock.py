"""Wall-clock time of one zone against UTC. Minutes, in either, count from 1970-01-01T00:00."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

QUARTER = 15
DAY = 24 * 60
QUARTERS_A_DAY = DAY // QUARTER
EPOCH = date(1970, 1, 1)

Minutes = NDArray[np.int64]


def midnight(day: date) -> int:
    """The wall-clock minute at which a date begins."""
    return (day - EPOCH).days * DAY


def quarter_of(start: time) -> int:
    """The quarter-hour of the day in which a time lies, 0 to 95."""
    return (start.hour * 60 + start.minute) // QUARTER


def instant(minute: int) -> datetime:
    """A minute of UTC as an aware datetime."""
    return datetime.fromtimestamp(minute * 60, UTC)


def instants_of(day: date, start: time, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the zone's clocks show this: none in a skipped hour, two in a doubled one."""
    wall = datetime.combine(day, start)
    readings = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(at for at in readings if at.astimezone(zone).replace(tzinfo=None) == wall)


@dataclass(frozen=True)
class Starts:
    """Every start on the quarter-hour grid of some dates, in order of time (arrays of one length)."""

    at: Minutes  # of UTC
    day: Minutes  # counted from the first date
    quarter: Minutes  # of the local day, 0 to 95
    again: NDArray[np.bool_]  # the clocks show it for the second time


class WallClock:
    """Turns many wall-clock minutes of a zone into UTC; exact from `first` to `last` and two days around."""

    def __init__(self, zone: ZoneInfo, first: date, last: date) -> None:
        changes = _changes(zone, midnight(first) - 2 * DAY, midnight(last) + 3 * DAY)
        self._offsets = np.array([offset for _, offset in changes], np.int64)
        turns = [(at + before, at + after) for (_, before), (at, after) in pairwise(changes)]
        self._first_turns = np.array([max(turn) for turn in turns], np.int64)
        self._second_turns = np.array([min(turn) for turn in turns], np.int64)

    def utc(self, wall: Minutes) -> Minutes:
        """The first of two readings; a skipped minute has the offset before the change (RFC 5545, 3.3.5)."""
        return wall - self._offsets[np.searchsorted(self._first_turns, wall, "right")]

    def starts(self, first: date, days: int) -> Starts:
        """All starts of `days` dates: none in a skipped hour, each of a doubled hour twice."""
        wall = midnight(first) + np.arange(0, days * DAY, QUARTER, dtype=np.int64)
        sooner = self.utc(wall)
        later = wall - self._offsets[np.searchsorted(self._second_turns, wall, "right")]
        real, doubled = np.flatnonzero(sooner <= later), np.flatnonzero(sooner < later)
        at, grid = np.concatenate([sooner[real], later[doubled]]), np.concatenate([real, doubled])
        again, order = np.arange(len(at)) >= len(real), np.argsort(at, kind="stable")
        day, quarter = divmod(grid[order], QUARTERS_A_DAY)
        return Starts(at[order], day, quarter, again[order])


def _changes(zone: ZoneInfo, begin: int, end: int) -> list[tuple[int, int]]:
    """(minute of UTC, offset that holds from then on), beginning with the one that holds at `begin`."""
    changes = [(begin, _offset(zone, begin))]
    for dawn, dusk in pairwise(range(begin, end + 1, DAY)):
        if _offset(zone, dusk) != changes[-1][1]:
            turn = _turn(zone, range(dawn, dusk), changes[-1][1])
            changes.append((turn, _offset(zone, turn)))
    return changes


def _turn(zone: ZoneInfo, minutes: range, held: int) -> int:
    """The first of the minutes at which the offset is not `held` any more."""
    return minutes.start + bisect_left(minutes, True, key=lambda at: _offset(zone, at) != held)


def _offset(zone: ZoneInfo, at: int) -> int:
    return (datetime.fromtimestamp(at * 60, zone).utcoffset() or timedelta()) // timedelta(minutes=1)
