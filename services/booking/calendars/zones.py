"""A time zone's clock changes as a VTIMEZONE.

Every change is written out with the instant it has in the tz database. No rule is guessed from it, so that a zone
that changed its law, or moves by half an hour, is as good as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@lru_cache(maxsize=64)
def vtimezone(name: str, first_year: int, last_year: int) -> Timezone:
    """What an IANA zone's clocks do in these years, both included."""
    zone = ZoneInfo(name)
    begins = datetime(first_year, 1, 1, tzinfo=UTC) - _DAY
    made = Timezone()
    made.add("TZID", name)
    made.add_component(_observance(begins, begins, zone))
    for change in _changes(zone, begins, datetime(last_year + 1, 1, 1, tzinfo=UTC) + _DAY):
        made.add_component(_observance(change, change - _SECOND, zone))
    return made


def _changes(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """The instants from which the clocks are another way from UTC."""
    day = begins
    while day < ends:
        if day.astimezone(zone).utcoffset() != (day + _DAY).astimezone(zone).utcoffset():
            yield _within(zone, day)
        day += _DAY


def _within(zone: ZoneInfo, day: datetime) -> datetime:
    """The first second of the new offset, halving the day between the old and the new."""
    offset = day.astimezone(zone).utcoffset()
    old, new = 0, int(_DAY.total_seconds())
    while new - old > 1:
        middle = (old + new) // 2
        same = (day + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        old, new = (middle, new) if same else (old, middle)
    return day + timedelta(seconds=new)


def _observance(instant: datetime, before: datetime, zone: ZoneInfo) -> TimezoneStandard | TimezoneDaylight:
    """In force from `instant`, which is written as the clocks of `before` show it."""
    local = instant.astimezone(zone)
    offset_from = before.astimezone(zone).utcoffset() or timedelta()
    starts = (instant + offset_from).replace(tzinfo=None)
    made = TimezoneDaylight() if local.dst() else TimezoneStandard()
    made.add("DTSTART", starts)
    made.add("TZOFFSETFROM", offset_from)
    made.add("TZOFFSETTO", local.utcoffset() or timedelta())
    made.add("TZNAME", local.tzname() or zone.key)
    return made
