"""What would have to give for more visits to fit. Nothing is suggested that was not tried."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

from services.booking.planning.answer import Relaxation
from services.booking.planning.checks import MOST_DAYS, MOST_GAP
from services.booking.planning.openings import Openings, most_days
from services.booking.planning.parts import Window
from services.booking.planning.problem import Problem
from services.booking.planning.reach import reach
from services.booking.planning.wallclock import DAY, QUARTER, midnight

Change = dict[str, Any]
Trial = tuple[Change, int]  # a change and the number of visits that then fits
EVERY_DAY = tuple(range(7))


def merged(problem: Any, change: Any) -> Any:
    """A problem's JSON with a change merged in as RFC 7396 says: objects member by member, null removes."""
    if not isinstance(change, dict):
        return change
    members = dict(problem) if isinstance(problem, dict) else {}
    for name, value in change.items():
        members[name] = merged(members.get(name), value)
    return {name: value for name, value in members.items() if name not in change or value is not None}


def relaxations(problem: Problem, fits: int) -> tuple[Relaxation, ...]:
    """The changes that let more than `fits` visits in: of each kind the smallest that helps, then larger.

    A larger change of a kind is there only when still more visits fit with it.
    """
    openings = Openings.of(problem, _horizon(problem))
    kinds = [list(_helpful(kind(problem, openings), fits, problem.visits)) for kind in KINDS]
    ranks = zip_longest(*kinds)
    return tuple(relaxation for rank in ranks for relaxation in rank if relaxation)


def _horizon(problem: Problem) -> date:
    """The last date on which anybody is open, not before `latest`."""
    ends = [int(one.open.minutes[:, 1].max()) for one in problem.therapists if len(one.open)]
    days = min(max(ends, default=0) // DAY - midnight(problem.earliest) // DAY, MOST_DAYS, most_days(problem))
    return max(problem.latest, problem.earliest + timedelta(days))


def _helpful(trials: Iterable[Trial], fits: int, enough: int) -> Iterator[Relaxation]:
    for change, visits in trials:
        if visits > fits:
            yield Relaxation(change, visits)
            fits = visits
        if fits == enough:
            return


def _later_latest(problem: Problem, openings: Openings) -> Iterator[Trial]:
    days = openings.dates
    for latest in _dates(problem.latest, _horizon(problem)):
        yield {"latest": latest.isoformat()}, len(reach(replace(problem, latest=latest), days))


def _later_first_by(problem: Problem, openings: Openings) -> Iterator[Trial]:
    days = openings.dates
    if problem.before or not problem.first_by:
        return
    for first_by in _dates(problem.first_by, problem.latest):
        yield {"first_by": first_by.isoformat()}, len(reach(replace(problem, first_by=first_by), days))


def _larger_gap(problem: Problem, openings: Openings) -> Iterator[Trial]:
    days = openings.dates
    for most in range(problem.gap_days.max + 1, MOST_GAP + 1):
        gap = replace(problem.gap_days, max=most)
        yield {"gap_days": {"max": most}}, len(reach(replace(problem, gap_days=gap), days))


def _longer_hours(problem: Problem, openings: Openings) -> Iterator[Trial]:
    windows = problem.patient.possible
    for more in range(QUARTER, DAY, QUARTER) if windows else ():
        yield _with_windows(problem, openings, [_wider(window, more) for window in windows or ()])


def _more_weekdays(problem: Problem, openings: Openings) -> Iterator[Trial]:
    windows = problem.patient.possible
    if windows is not None:
        yield _with_windows(problem, openings, [replace(window, weekdays=EVERY_DAY) for window in windows])
        yield _with_windows(problem, openings, None)


def _shorter_session(problem: Problem, openings: Openings) -> Iterator[Trial]:
    for minutes in range(problem.session_minutes - QUARTER, 0, -QUARTER):
        shorter = replace(problem, session_minutes=minutes)
        days = Openings.of(shorter, problem.latest).dates
        yield {"session_minutes": minutes}, len(reach(shorter, days))


def _with_windows(problem: Problem, openings: Openings, windows: Sequence[Window] | None) -> Trial:
    possible = None if windows is None else tuple(windows)
    changed = replace(problem, patient=replace(problem.patient, possible=possible))
    change = None if windows is None else [window.to_json() for window in windows]
    return {"patient": {"possible": change}}, len(reach(changed, openings.for_patient(changed).dates))


def _wider(window: Window, minutes: int) -> Window:
    return replace(window, begins=max(0, window.begins - minutes), ends=min(DAY, window.ends + minutes))


def _dates(after: date, last: date) -> Iterator[date]:
    return (after + timedelta(days) for days in range(1, (last - after).days + 1))


KINDS: tuple[Callable[[Problem, Openings], Iterator[Trial]], ...] = (
    _later_latest,
    _later_first_by,
    _longer_hours,
    _more_weekdays,
    _larger_gap,
    _shorter_session,
)
