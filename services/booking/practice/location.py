"""One location of the practice as the rules see it: who treats when, in which rooms, under which licence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from services.booking.practice.holiday import holidays_between
from services.booking.practice.policy import USUAL, Policy
from services.booking.practice.travel import Position


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours that come again each week, in local time; 0 is Monday. `location` None is anywhere."""

    weekday: int
    opens: time
    closes: time
    location: int | None = None


@dataclass(frozen=True, slots=True)
class Special:
    """Instead of the weekly hours on one date; closed that day when it closes as it opens."""

    on: date
    opens: time
    closes: time
    location: int | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """A state's leave to treat there, both dates included; in force from ever where `valid_from` is None."""

    state: str
    valid_until: date
    valid_from: date | None = None

    def is_in_force(self, day: date) -> bool:
        return self.overlaps(day, day)

    def overlaps(self, first: date, last: date) -> bool:
        return (self.valid_from or first) <= last and first <= self.valid_until


@dataclass(frozen=True, slots=True)
class Closure:
    """Dates on which the practice is closed, both included."""

    first_on: date
    last_on: date

    def covers(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Therapist:
    id: int
    name: str
    buffer_minutes: int
    licences: tuple[Licence, ...]
    techniques: frozenset[str]
    openings: tuple[Opening, ...]
    special: tuple[Special, ...] = ()
    certifications: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    sex: str | None = None
    experience: Mapping[str, int] = field(default_factory=dict)
    """Series treated elsewhere, by ICD-10-CM category."""
    home_visits: bool = True
    base: Position | None = None
    """Where the therapist's way to patients begins and ends."""

    def knows(self, techniques: Iterable[str]) -> bool:
        return self.techniques.issuperset(techniques)

    def licences_in(self, state: str | None) -> tuple[Licence, ...]:
        """Those of that state; every one where the state is not known."""
        return tuple(one for one in self.licences if state in (None, one.state))


@dataclass(frozen=True, slots=True)
class Practice:
    """Everyone active, as of `now`, seen from one location; rooms are its rooms' names by id."""

    timezone: str
    now: datetime
    therapists: tuple[Therapist, ...]
    rooms: Mapping[int, str]
    closures: tuple[Closure, ...]
    policy: Policy = USUAL
    location: int | None = None
    locations: tuple[int, ...] = ()
    """Every active location, this one among them, in the order of the clinic's file."""
    address: str = ""
    country: str = "US"
    state: str | None = None
    position: Position | None = None
    equipment: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Of each room."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def horizon(self) -> date:
        """The last date that can be booked."""
        return self.today + self.policy.horizon

    def holidays(self, first: date, last: date) -> set[date]:
        """Public holidays between two dates, both included, on which nobody works."""
        if not self.policy.holidays:
            return set()
        return holidays_between(self.country, self.state, first, last, self.policy.open_on_holidays)

    def is_closed(self, day: date) -> bool:
        return any(closure.covers(day) for closure in self.closures) or day in self.holidays(day, day)

    def therapist(self, therapist_id: int) -> Therapist | None:
        return next((one for one in self.therapists if one.id == therapist_id), None)

    def buffer_of(self, therapist_id: int, session_minutes: int) -> int:
        """Minutes that stay free after a session of that length; none for a therapist who has left."""
        therapist = self.therapist(therapist_id)
        return self.policy.buffer(therapist.buffer_minutes, session_minutes) if therapist else 0

    def rooms_with(self, equipment: Collection[str]) -> dict[int, str]:
        return {
            room: name
            for room, name in self.rooms.items()
            if self.equipment.get(room, frozenset()).issuperset(equipment)
        }

    def is_licensed(self, therapist: Therapist, day: date) -> bool:
        return any(one.is_in_force(day) for one in therapist.licences_in(self.state))

    def who_may_treat(self, techniques: Iterable[str], *, at_home: bool = False) -> tuple[Therapist, ...]:
        """Those who know every technique asked for, have a licence here that is not over, and go where it is."""
        return tuple(self._who_may_treat(frozenset(techniques), at_home))

    def _who_may_treat(self, techniques: frozenset[str], at_home: bool) -> Iterator[Therapist]:
        for one in self.therapists:
            licensed = any(licence.valid_until >= self.today for licence in one.licences_in(self.state))
            if licensed and one.knows(techniques) and (one.home_visits or not at_home):
                yield one
