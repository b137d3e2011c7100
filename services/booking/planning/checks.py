"""What a planning problem must satisfy beyond its types."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from services.booking.planning.errors import ProblemError
from services.booking.planning.wallclock import DAY, QUARTER, instants_of

if TYPE_CHECKING:
    from services.booking.planning.parts import Kept, Window
    from services.booking.planning.problem import Problem

MOST_DAYS = 1100  # three years
MOST_GAP = 366
MOST_SESSION = 8 * 60
MOST_WEIGHT = 1_000_000


def check(problem: "Problem") -> None:
    """Raises `ProblemError` at the first rule that is broken."""
    _numbers(problem)
    zone = _zone(problem.timezone)
    _dates(problem)
    _distinct("therapists", [therapist.id for therapist in problem.therapists])
    _distinct("rooms", [room.id for room in problem.rooms or ()])
    _windows("patient.possible", problem.patient.possible or ())
    _windows("patient.preferred", problem.patient.preferred)
    for number, kept in problem.kept.items():
        _kept(f"kept.{number}", number, kept, problem, zone)
    if problem.before:
        _in_our_time("before.date", problem.before.date)
        _on_the_grid("before.start", problem.before.start)


def _numbers(problem: "Problem") -> None:
    for path, value, least, most in _ranges(problem):
        if not least <= value <= most:
            raise ProblemError(path, f"give a whole number from {least} to {most}")
    if problem.session_minutes % QUARTER:
        raise ProblemError("session_minutes", f"give a multiple of {QUARTER}")
    if problem.gap_days.max < problem.gap_days.min:
        raise ProblemError("gap_days.max", "give at least gap_days.min")


def _ranges(problem: "Problem") -> Iterator[tuple[str, int, int, int]]:
    yield "visits", problem.visits, 1, 200
    yield "session_minutes", problem.session_minutes, QUARTER, MOST_SESSION
    yield "cadence.visits", problem.cadence.visits, 1, 100
    yield "cadence.per_days", problem.cadence.per_days, 1, MOST_GAP
    yield "gap_days.min", problem.gap_days.min, 1, MOST_GAP
    yield "gap_days.max", problem.gap_days.max, 1, MOST_GAP
    yield "alternatives", problem.alternatives, 0, 10_000
    for name in ("spacing", "switch", "preferred", "drift", "wait", "therapist"):
        yield f"weights.{name}", getattr(problem.weights, name), 0, MOST_WEIGHT
    for index, therapist in enumerate(problem.therapists):
        yield f"therapists[{index}].buffer_minutes", therapist.buffer_minutes, 0, MOST_SESSION


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ProblemError("timezone", "use an IANA name such as America/New_York") from None


def _dates(problem: "Problem") -> None:
    _in_our_time("earliest", problem.earliest)
    _in_our_time("first_by", problem.first_by or problem.earliest)
    if problem.latest < problem.earliest:
        raise ProblemError("latest", "give a date that is not before `earliest`")
    if (problem.latest - problem.earliest).days > MOST_DAYS:
        raise ProblemError("latest", f"give a date at most {MOST_DAYS} days after `earliest`")
    if problem.first_by and problem.first_by < problem.earliest and not problem.before:
        raise ProblemError("first_by", "give a date that is not before `earliest`")


def _in_our_time(path: str, day: date) -> None:
    if not 1980 <= day.year <= 2200:
        raise ProblemError(path, "give a date of the years 1980 to 2200")


def _distinct(path: str, ids: Sequence[int]) -> None:
    if len(set(ids)) < len(ids):
        again = next(index for index, id_ in enumerate(ids) if id_ in ids[:index])
        raise ProblemError(f"{path}[{again}].id", "is there twice; give each an id of its own")


def _windows(path: str, windows: Iterable["Window"]) -> None:
    for index, window in enumerate(windows):
        if not all(0 <= weekday <= 6 for weekday in window.weekdays):
            raise ProblemError(f"{path}[{index}].weekdays", "use 0 for Monday to 6 for Sunday")
        if not 0 <= window.begins <= window.ends <= DAY:
            raise ProblemError(f"{path}[{index}].to", "give a time not before `from`; 24:00 is the day's end")


def _kept(path: str, number: int, kept: "Kept", problem: "Problem", zone: ZoneInfo) -> None:
    if not 1 <= number <= problem.visits:
        raise ProblemError(path, f"number a kept visit from 1 to {problem.visits}")
    _in_our_time(f"{path}.date", kept.date)
    _on_the_grid(f"{path}.start", kept.start)
    instants = instants_of(kept.date, kept.start, zone)
    if not instants:
        raise ProblemError(f"{path}.start", "give a time that the clocks show on that date")
    if kept.start_at and kept.start_at not in instants:
        raise ProblemError(f"{path}.start_at", "give the instant of that date and start, or leave it out")


def _on_the_grid(path: str, start: time) -> None:
    if start.minute % QUARTER or start.second or start.microsecond:
        raise ProblemError(path, "give a start on the quarter-hour")
