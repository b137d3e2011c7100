"""The planner's answer."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any


@dataclass(frozen=True, slots=True)
class Visit:
    """`date` and `start` are local, `start_at` and `end_at` UTC; `room` is None at the patient's home."""

    date: date
    start: time
    start_at: datetime
    end_at: datetime
    therapist: int
    room: int | None

    def to_json(self) -> dict[str, Any]:
        return {
            "date": self.date.isoformat(),
            "start": f"{self.start:%H:%M}",
            "start_at": f"{self.start_at:%Y-%m-%dT%H:%M:%SZ}",
            "end_at": f"{self.end_at:%Y-%m-%dT%H:%M:%SZ}",
            "therapist": self.therapist,
            "room": self.room,
        }


@dataclass(frozen=True, slots=True)
class Alternative:
    """A visit that could be instead, with the cost of the best whole series through it."""

    date: date
    start: time
    therapist: int
    room: int | None
    cost: int

    def to_json(self) -> dict[str, Any]:
        start = {"date": self.date.isoformat(), "start": f"{self.start:%H:%M}"}
        return {**start, "therapist": self.therapist, "room": self.room, "cost": self.cost}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the cost is made of."""

    spacing: int = 0
    switch: int = 0
    preferred: int = 0
    drift: int = 0
    wait: int = 0
    therapist: int = 0

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many of the visits fit, and what they cost."""

    visits: int
    cost: int


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A change to the problem, to be merged into its JSON, and the number of visits that then fits."""

    change: dict[str, Any]
    visits: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The best series; when not `feasible`, that of the largest number that fits, and `cost` is None."""

    feasible: bool
    cost: int | None
    terms: Terms
    visits: tuple[Visit, ...]
    alternatives: tuple[tuple[Alternative, ...], ...]
    forecast: Forecast
    relaxations: tuple[Relaxation, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "feasible": self.feasible,
            "cost": self.cost,
            "terms": asdict(self.terms),
            "visits": [visit.to_json() for visit in self.visits],
            "alternatives": [[one.to_json() for one in of_visit] for of_visit in self.alternatives],
            "forecast": asdict(self.forecast),
            "relaxations": [asdict(relaxation) for relaxation in self.relaxations],
        }
