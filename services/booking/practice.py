"""The practice as the rules see it: who treats when, in which rooms, under which licence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours that come again each week, in local time; 0 is Monday."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Closure:
    """Dates on which the practice is closed, both included."""

    first_on: date
    last_on: date

    def covers(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Therapist:
    """`licensed_until` is the last date on which the licence is in force."""

    id: int
    name: str
    buffer_minutes: int
    licensed_until: date
    techniques: frozenset[str]
    openings: tuple[Opening, ...]

    def knows(self, techniques: Iterable[str]) -> bool:
        return self.techniques.issuperset(techniques)

    def is_open(self, begins: datetime, ends: datetime) -> bool:
        """Whether a stretch of local time lies inside the weekly hours; touching hours join."""
        reached = begins.time()
        for opening in sorted(self.openings, key=lambda opening: opening.opens):
            if opening.weekday == begins.weekday() and opening.opens <= reached < opening.closes:
                reached = opening.closes
        return begins.date() == ends.date() and reached >= ends.time()


@dataclass(frozen=True, slots=True)
class Practice:
    """Everyone active, as of `now`; rooms are names by id."""

    timezone: str
    now: datetime
    therapists: tuple[Therapist, ...]
    rooms: Mapping[int, str]
    closures: tuple[Closure, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def is_closed(self, day: date) -> bool:
        return any(closure.covers(day) for closure in self.closures)

    def therapist(self, therapist_id: int) -> Therapist | None:
        return next((one for one in self.therapists if one.id == therapist_id), None)

    def who_may_treat(self, techniques: Iterable[str]) -> tuple[Therapist, ...]:
        """Those who know every technique asked for and whose licence is in force today."""
        asked = frozenset(techniques)
        return tuple(one for one in self.therapists if one.knows(asked) and one.licensed_until >= self.today)
