"""When a therapist is open: weekly hours, special dates, licences, closures, public holidays, the way to patients."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.booking.planning.spans import NO_SPANS, Spans
from services.booking.planning.wallclock import DAY, EPOCH, Minutes, WallClock, midnight
from services.booking.practice.location import Licence, Opening, Practice, Special, Therapist

_Hours = TypeVar("_Hours", Opening, Special)
_THURSDAY = 3  # 1970-01-01


def open_dates(practice: Practice, first: date, last: date) -> Minutes:
    """Dates, both ends included, on which the location is not closed; counted from 1970-01-01."""
    dates = np.arange(_number(first), _number(last) + 1, dtype=np.int64)
    for closure in practice.closures:
        dates = dates[(dates < _number(closure.first_on)) | (dates > _number(closure.last_on))]
    return dates[~_among(dates, practice.holidays(first, last))]


def open_spans(
    practice: Practice, therapist: Therapist, dates: Minutes, *, at_home: bool = False, way: int = 0
) -> Spans:
    """Hours on those of the dates on which a licence of the location's state is in force.

    At patients' homes the hours of all locations count, less `way` minutes after the day's first opening and
    before its last closing.
    """
    location = None if at_home else practice.location
    dates = dates[_licensed(therapist.licences_in(practice.state), dates)]
    spans = [*_weekly(therapist, dates, location), *_special(therapist, dates, location)]
    minutes = np.concatenate(spans) if spans else NO_SPANS.minutes
    return Spans(_without_way(minutes, way) if way and len(minutes) else minutes)


def is_open(
    practice: Practice, therapist: Therapist, begins: datetime, ends: datetime, *, at_home: bool = False, way: int = 0
) -> bool:
    """Whether a stretch of local time lies inside the hours of its date; touching hours join."""
    day = begins.date()
    local = open_spans(practice, therapist, open_dates(practice, day, day), at_home=at_home, way=way)
    # as instants, because a session can begin before the clocks change and end after it
    spans = WallClock(practice.zone, day, day).utc(local.minutes)
    reached, end = (int(at.timestamp()) // 60 for at in (begins, ends))
    for opens, closes in sorted(spans.tolist()):
        if opens <= reached < closes:
            reached = closes
    return reached >= end


def _weekly(therapist: Therapist, dates: Minutes, location: int | None) -> Iterable[Minutes]:
    usual = dates[~_among(dates, {one.on for one in therapist.special})]
    for opening in _here(therapist.openings, location):
        midnights = usual[(usual + _THURSDAY) % 7 == opening.weekday] * DAY
        yield midnights[:, None] + _hours(opening)


def _special(therapist: Therapist, dates: Minutes, location: int | None) -> Iterable[Minutes]:
    for special in _here(therapist.special, location):
        if special.opens < special.closes and _number(special.on) in dates:
            yield (midnight(special.on) + _hours(special)).reshape(1, 2)


def _here(hours: Iterable[_Hours], location: int | None) -> Iterable[_Hours]:
    return (one for one in hours if None in (location, one.location) or one.location == location)


def _hours(opening: Opening | Special) -> Minutes:
    return np.array([at.hour * 60 + at.minute for at in (opening.opens, opening.closes)], np.int64)


def _licensed(licences: Iterable[Licence], dates: Minutes) -> NDArray[np.bool_]:
    in_force = np.zeros(len(dates), np.bool_)
    for licence in licences:
        in_force |= (dates >= _number(licence.valid_from or EPOCH)) & (dates <= _number(licence.valid_until))
    return in_force


def _without_way(spans: Minutes, way: int) -> Minutes:
    _, day = np.unique(spans[:, 0] // DAY, return_inverse=True)
    first, last = np.full(day.max() + 1, np.iinfo(np.int64).max), np.zeros(day.max() + 1, np.int64)
    np.minimum.at(first, day, spans[:, 0])
    np.maximum.at(last, day, spans[:, 1])
    opens, closes = np.maximum(spans[:, 0], first[day] + way), np.minimum(spans[:, 1], last[day] - way)
    shorter: Minutes = np.stack([opens, closes], axis=1)[opens < closes]
    return shorter


def _among(dates: Minutes, some: Collection[date]) -> NDArray[np.bool_]:
    return np.isin(dates, [_number(day) for day in some])


def _number(day: date) -> int:
    return (day - EPOCH).days
