"""The starts that some dates have, and which of them lie among spans of time."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from services.booking.planning.parts import Window
from services.booking.planning.spans import NO_SPANS, Spans
from services.booking.planning.wallclock import DAY, Minutes, WallClock, midnight

Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

_APART = 2**40  # minutes; keeps the spans of different owners from meeting on one line
_THURSDAY = 3  # 1970-01-01


class Grid:
    """`days` dates from `first`; `starts` are all quarter-hours on them, in order of time."""

    def __init__(self, zone: ZoneInfo, first: date, last: date) -> None:
        self.days = (last - first).days + 1
        self._first = midnight(first) // DAY
        self._clock = WallClock(zone, first, last)
        self.starts = self._clock.starts(first, self.days)

    def inside(self, open_: Sequence[Spans], minutes: int) -> Flags:
        """[owner, start]: whether `minutes` from the start lie in the owner's spans, touching ones joined."""
        owner, begin, end = _joined(*self._laid_out(open_))
        first = np.searchsorted(self.starts.at, begin, "left")
        after = np.searchsorted(self.starts.at, end - minutes, "right")
        return self._within(owner, first, after, len(open_))

    def clear(self, busy: Sequence[Spans], minutes: Minutes) -> Flags:
        """[owner, start]: whether nothing of the owner's meets the `minutes[owner]` from the start."""
        owner, begin, end = self._laid_out(busy)
        first = np.searchsorted(self.starts.at, begin - minutes[owner], "right")
        after = np.searchsorted(self.starts.at, end, "left")
        return ~self._within(owner, first, after, len(busy))

    def spans(self, windows: Sequence[Window]) -> Spans:
        """The windows of all the dates, and of the next one because a session may run into it."""
        dates = self._first + np.arange(self.days + 1, dtype=np.int64)
        spans = [NO_SPANS.minutes]
        for window in windows:
            days = dates[np.isin((dates + _THURSDAY) % 7, window.weekdays)]
            spans.append(days[:, None] * DAY + np.array([window.begins, window.ends]))
        return Spans(np.concatenate(spans))

    def _laid_out(self, spans: Sequence[Spans]) -> tuple[Indices, Minutes, Minutes]:
        """All spans as (index of the owner, begin, end), in UTC, without those that are empty."""
        lengths = np.array([len(of_one) for of_one in spans], np.intp)
        owner = np.repeat(np.arange(len(spans)), lengths)
        ends = self._clock.utc(np.concatenate([NO_SPANS.minutes, *(of_one.minutes for of_one in spans)]))
        real = ends[:, 0] < ends[:, 1]
        return owner[real], ends[real, 0], ends[real, 1]

    def _within(self, owner: Indices, first: Indices, after: Indices, owners: int) -> Flags:
        """[owner, start]: whether any of the owner's ranges first ≤ start < after holds the start."""
        real, line = first < after, len(self.starts.at) + 1
        edges = np.bincount((owner * line + first)[real], minlength=owners * line)
        edges -= np.bincount((owner * line + after)[real], minlength=owners * line)
        depth: Indices = edges.reshape(owners, line).cumsum(axis=1)
        return np.greater(depth[:, :-1], 0)


def _joined(owner: Indices, begin: Minutes, end: Minutes) -> tuple[Indices, Minutes, Minutes]:
    """The spans with those of one owner that touch or overlap made one."""
    order = np.lexsort((begin, owner))
    owner, begin, end = owner[order], begin[order], end[order]
    reach = np.maximum.accumulate(end + owner * _APART)
    fresh = np.ones(len(owner), np.bool_)
    fresh[1:] = begin[1:] + owner[1:] * _APART > reach[:-1]
    final = np.roll(fresh, -1)
    return owner[fresh], begin[fresh], reach[final] - owner[final] * _APART
