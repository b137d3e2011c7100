"""The parts of a planning problem, each as in its JSON."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from services.booking.planning.reading import Field
from services.booking.planning.spans import NO_SPANS, Spans


@dataclass(frozen=True, slots=True)
class Cadence:
    visits: int
    per_days: int


@dataclass(frozen=True, slots=True)
class GapDays:
    """Bounds, both allowed, on the difference of the local dates of neighbouring visits."""

    min: int
    max: int


@dataclass(frozen=True, slots=True)
class Weights:
    spacing: int
    switch: int
    preferred: int
    drift: int
    wait: int
    therapist: int


@dataclass(frozen=True, slots=True)
class Window:
    """The same hours on some weekdays (0 is Monday), in minutes after midnight, 1440 for the day's end."""

    weekdays: tuple[int, ...]
    begins: int
    ends: int

    @classmethod
    def read(cls, window: Field) -> "Window":
        weekdays = tuple(day.whole() for day in window["weekdays"].items())
        return cls(weekdays, window["from"].minute_of_day(), window["to"].minute_of_day())

    def to_json(self) -> dict[str, Any]:
        return {"weekdays": list(self.weekdays), "from": _clock(self.begins), "to": _clock(self.ends)}


@dataclass(frozen=True, slots=True)
class Therapist:
    """Open and busy in local time; others' buffers are already inside `busy`."""

    id: int
    buffer_minutes: int
    open: Spans
    busy: Spans
    name: str | None = None

    @classmethod
    def read(cls, therapist: Field) -> "Therapist":
        name = therapist.optional("name")
        return cls(
            id=therapist["id"].whole(),
            buffer_minutes=therapist["buffer_minutes"].whole(),
            open=therapist["open"].spans(),
            busy=therapist["busy"].spans(),
            name=name.text() if name else None,
        )

    def to_json(self) -> dict[str, Any]:
        spans = {"open": self.open.to_json(), "busy": self.busy.to_json()}
        return {"id": self.id, "name": self.name, "buffer_minutes": self.buffer_minutes, **spans}


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    busy: Spans

    @classmethod
    def read(cls, room: Field) -> "Room":
        return cls(room["id"].whole(), room["busy"].spans())

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "busy": self.busy.to_json()}


@dataclass(frozen=True, slots=True)
class Patient:
    """`possible` None is always, () is never; `therapist` is the one asked for."""

    busy: Spans = NO_SPANS
    possible: tuple[Window, ...] | None = None
    preferred: tuple[Window, ...] = ()
    therapist: int | None = None

    @classmethod
    def read(cls, patient: Field) -> "Patient":
        therapist = patient.optional("therapist")
        return cls(
            busy=patient["busy"].spans(),
            possible=_windows(patient.optional("possible")),
            preferred=_windows(patient.optional("preferred")) or (),
            therapist=therapist.whole() if therapist else None,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "busy": self.busy.to_json(),
            "possible": None if self.possible is None else [window.to_json() for window in self.possible],
            "preferred": [window.to_json() for window in self.preferred],
            "therapist": self.therapist,
        }


@dataclass(frozen=True, slots=True)
class Kept:
    """A visit that stays as it is. `start_at` need only say which instant of a doubled hour is meant."""

    date: date
    start: time
    therapist: int
    room: int | None = None
    start_at: datetime | None = None

    @classmethod
    def read(cls, kept: Field) -> "Kept":
        room, at = kept.optional("room"), kept.optional("start_at")
        return cls(
            kept["date"].day(),
            kept["start"].start(),
            kept["therapist"].whole(),
            room.whole() if room else None,
            at.instant().astimezone(UTC) if at else None,
        )

    def to_json(self) -> dict[str, Any]:
        visit = {**_held(self), "room": self.room}
        return visit if self.start_at is None else {**visit, "start_at": self.start_at.isoformat()}


@dataclass(frozen=True, slots=True)
class Before:
    """The visit just before the first of the series, already held."""

    date: date
    start: time
    therapist: int

    @classmethod
    def read(cls, before: Field) -> "Before":
        return cls(before["date"].day(), before["start"].start(), before["therapist"].whole())

    def to_json(self) -> dict[str, Any]:
        return _held(self)


def _windows(given: Field | None) -> tuple[Window, ...] | None:
    return tuple(Window.read(window) for window in given.items()) if given else None


def _held(visit: Kept | Before) -> dict[str, Any]:
    return {"date": visit.date.isoformat(), "start": f"{visit.start:%H:%M}", "therapist": visit.therapist}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
