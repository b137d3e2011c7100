"""The planning problem: one series of visits to be placed among what is open and what is busy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from services.booking.planning import checks
from services.booking.planning.parts import Before, Cadence, GapDays, Kept, Patient, Room, Therapist, Weights
from services.booking.planning.reading import Field

_Members = TypeVar("_Members", Cadence, GapDays, Weights)


@dataclass(frozen=True)
class Problem:
    """All that the planner knows, under the names of the JSON. Raises `ProblemError` when it makes no sense.

    `rooms` None means home visits; `kept` maps a visit's number, counted from 1, to the visit; `alternatives`
    is the most to list for each visit.
    """

    timezone: str
    earliest: date
    latest: date
    visits: int
    session_minutes: int
    cadence: Cadence
    gap_days: GapDays
    therapists: tuple[Therapist, ...]
    rooms: tuple[Room, ...] | None
    patient: Patient
    weights: Weights
    first_by: date | None = None
    kept: Mapping[int, Kept] = field(default_factory=dict)
    before: Before | None = None
    alternatives: int = 20

    def __post_init__(self) -> None:
        checks.check(self)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @classmethod
    def from_json(cls, problem: Any) -> "Problem":
        """From decoded JSON. Raises `ProblemError` naming the first field that is missing or wrong."""
        given = Field("", problem)
        first_by, before, listed = (given.optional(name) for name in ("first_by", "before", "alternatives"))
        return cls(
            timezone=given["timezone"].text(),
            earliest=given["earliest"].day(),
            first_by=first_by.day() if first_by else None,
            latest=given["latest"].day(),
            visits=given["visits"].whole(),
            session_minutes=given["session_minutes"].whole(),
            cadence=_whole_members(Cadence, given["cadence"]),
            gap_days=_whole_members(GapDays, given["gap_days"]),
            therapists=tuple(Therapist.read(therapist) for therapist in given["therapists"].items()),
            rooms=_rooms(given),
            patient=Patient.read(given["patient"]),
            weights=_whole_members(Weights, given["weights"]),
            kept=_kept(given.optional("kept")),
            before=Before.read(before) if before else None,
            alternatives=listed.whole() if listed else cls.alternatives,
        )

    def to_json(self) -> dict[str, Any]:
        """The same problem as JSON values; what is optional and not set is null."""
        return {
            "timezone": self.timezone,
            "earliest": self.earliest.isoformat(),
            "first_by": self.first_by and self.first_by.isoformat(),
            "latest": self.latest.isoformat(),
            "visits": self.visits,
            "session_minutes": self.session_minutes,
            "cadence": _members(self.cadence),
            "gap_days": _members(self.gap_days),
            "therapists": [therapist.to_json() for therapist in self.therapists],
            "rooms": None if self.rooms is None else [room.to_json() for room in self.rooms],
            "patient": self.patient.to_json(),
            "weights": _members(self.weights),
            "kept": {str(number): kept.to_json() for number, kept in self.kept.items()},
            "before": self.before and self.before.to_json(),
            "alternatives": self.alternatives,
        }


def _whole_members(cls: type[_Members], given: Field) -> _Members:
    return cls(**{member.name: given[member.name].whole() for member in fields(cls)})


def _members(whole: Any) -> dict[str, int]:
    return {member.name: getattr(whole, member.name) for member in fields(whole)}


def _rooms(given: Field) -> tuple[Room, ...] | None:
    if "rooms" not in given.members():
        Field("rooms", None).refuse("is missing; list the rooms, or give null for home visits")
    rooms = given.optional("rooms")
    return tuple(Room.read(room) for room in rooms.items()) if rooms else None


def _kept(given: Field | None) -> dict[int, Kept]:
    kept: dict[int, Kept] = {}
    if given is None:
        return kept
    for number in given.members():
        if not (number.isascii() and number.isdigit() and len(number) <= 4):
            Field(f"kept.{number[:20]}", None).refuse("use the visit's number, counted from 1, as the key")
        kept[int(number)] = Kept.read(given[number])
    return kept
