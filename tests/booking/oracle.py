"""The planner's rules a second time, minute by minute and with no thought for speed, and two solvers on them.

Nothing is shared with the planner: times go through `zoneinfo` one by one, spans are sets of minutes, and the
optimum comes from OR-Tools CP-SAT or from comparing every choice of a visit with every choice of the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ortools.sat.python import cp_model

Json = dict[str, Any]
NEVER = 10**12


@dataclass(frozen=True)
class Choice:
    """One place where a visit could be, with what it costs by itself."""

    date: date
    start: str
    at: datetime
    therapist: int
    rooms: tuple[int | None, ...]
    own: int

    @property
    def quarter(self) -> int:
        return (int(self.start[:2]) * 60 + int(self.start[3:])) // 15


def choices(problem: Json) -> list[Choice]:
    """Every place between `earliest` and `latest` at which everybody is free."""
    found = []
    for at in _quarter_hours(problem):
        free = _free_of_patient(problem, at)
        for therapist in problem["therapists"] if free else ():
            rooms = _rooms(problem, at, therapist)
            if rooms and _is_at_work(problem, at, therapist):
                found.append(_choice(problem, at, therapist["id"], rooms))
    return found


def series(problem: Json) -> list[list[Choice]]:
    """For each visit what it may be; the wait, or the pair with `before`, is in the first one's own cost."""
    _minutes_of.clear()
    _spans_of.clear()
    everything = choices(problem)
    kept = {int(number): visit for number, visit in (problem.get("kept") or {}).items()}
    visits = [
        [_kept(problem, kept[number])] if number in kept else list(everything)
        for number in range(1, problem["visits"] + 1)
    ]
    in_time = range(_days(problem))
    visits = [[one for one in of_visit if _day(problem, one.date) in in_time] for of_visit in visits]
    visits[0] = [changed for one in visits[0] if (changed := _as_first(problem, one))]
    return visits


def best(problem: Json, visits: Sequence[Sequence[Choice]]) -> int | None:
    """The least cost of a series with one choice of each visit, by comparing all neighbours; None if none."""
    totals = {one: one.own for one in visits[0]}
    for of_visit in visits[1:]:
        least = {one: min((total + pair(problem, was, one) for was, total in totals.items()), default=NEVER)
                 for one in of_visit}  # fmt: skip
        totals = {one: one.own + total for one, total in least.items() if total < NEVER}
    return min(totals.values(), default=None)


def best_by_cp_sat(problem: Json, visits: Sequence[Sequence[Choice]]) -> int:
    """The same least cost, proven by OR-Tools CP-SAT on dates, quarter-hours and therapists; a series must fit."""
    model = cp_model.CpModel()
    weights, cadence, gap = problem["weights"], problem["cadence"], problem["gap_days"]
    places, costs = [], []
    for of_visit in visits:
        table = [(one.date.toordinal(), one.quarter, one.therapist, one.own) for one in of_visit]
        place = [
            model.new_int_var_from_domain(cp_model.Domain.from_values(column), "")
            for column in zip(*table, strict=True)
        ]
        model.add_allowed_assignments(place, table)
        places.append(place)
        costs.append(place[-1])
    for (day, quarter, therapist, _), (next_day, next_quarter, next_therapist, _) in pairwise(places):
        model.add_linear_constraint(next_day - day, gap["min"], gap["max"])
        spacing = model.new_int_var(0, 10**6, "")
        model.add_abs_equality(spacing, (next_day - day) * cadence["visits"] - cadence["per_days"])
        drift = model.new_int_var(0, 96, "")
        model.add_abs_equality(drift, next_quarter - quarter)
        same = model.new_bool_var("")
        model.add(therapist == next_therapist).only_enforce_if(same)
        costs.append(weights["spacing"] * spacing + weights["drift"] * drift + weights["switch"] * (1 - same))
    model.minimize(sum(costs))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 60
    status = solver.solve(model)
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    return round(solver.objective_value)


def pair(problem: Json, sooner: Choice, later: Choice) -> int:
    """What two neighbours cost each other; NEVER when they may not be neighbours."""
    gap, cadence, weights = (later.date - sooner.date).days, problem["cadence"], problem["weights"]
    if not problem["gap_days"]["min"] <= gap <= problem["gap_days"]["max"]:
        return NEVER
    return (
        weights["spacing"] * abs(gap * cadence["visits"] - cadence["per_days"])
        + weights["switch"] * (sooner.therapist != later.therapist)
        + weights["drift"] * abs(sooner.quarter - later.quarter)
    )


def cost_of(problem: Json, planned: Sequence[Json]) -> int:
    """Checks that a plan's visits are lawful and names the first that is not; the cost of the series."""
    allowed = series(shortened(problem, len(planned))) if planned else []
    total, was = 0, None
    for number, (visit, of_visit) in enumerate(zip(planned, allowed, strict=True), start=1):
        here = [one for one in of_visit if _is(visit, one)]
        assert len(here) == 1, f"visit {number} cannot be there: {visit}"
        one = here[0]
        assert visit["room"] in one.rooms, f"visit {number} has no such room: {visit}"
        assert _instant(visit["end_at"]) == one.at + timedelta(minutes=problem["session_minutes"])
        total += one.own + (pair(problem, was, one) if was else 0)
        assert total < NEVER, f"visits {number - 1} and {number} are not a lawful gap apart"
        was = one
    return total


def most_that_fit(problem: Json) -> tuple[int, int]:
    """The largest number of visits that fits, and the least that many cost."""
    for number in range(problem["visits"], 0, -1):
        fewer = shortened(problem, number)
        cost = best(fewer, series(fewer))
        if cost is not None:
            return number, cost
    return 0, 0


def shortened(problem: Json, visits: int) -> Json:
    """The same problem for the first so many of its visits."""
    kept = {number: visit for number, visit in (problem.get("kept") or {}).items() if int(number) <= visits}
    return {**problem, "visits": visits, "kept": kept}


def _is(visit: Json, one: Choice) -> bool:
    place = (one.date.isoformat(), one.start, one.therapist)
    return (visit["date"], visit["start"], visit["therapist"]) == place and _instant(visit["start_at"]) == one.at


def _instant(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def _zone(problem: Json) -> ZoneInfo:
    return ZoneInfo(problem["timezone"])


def _days(problem: Json) -> int:
    return (date.fromisoformat(problem["latest"]) - date.fromisoformat(problem["earliest"])).days + 1


def _day(problem: Json, day: date) -> int:
    return (day - date.fromisoformat(problem["earliest"])).days


def _quarter_hours(problem: Json) -> Iterable[datetime]:
    """The instants at which the zone's clocks show a quarter-hour of one of the dates."""
    midnight = datetime.fromisoformat(problem["earliest"]).replace(tzinfo=UTC)
    for number in range(-96, (_days(problem) + 1) * 96):
        at = midnight + timedelta(minutes=15 * number)
        local = at.astimezone(_zone(problem))
        if local.minute % 15 == 0 and 0 <= _day(problem, local.date()) < _days(problem):
            yield at


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _minutes(problem: Json, spans: Sequence[Sequence[str]]) -> set[int]:
    covered: set[int] = set()
    for span in spans:
        begin, end = (datetime.fromisoformat(text).replace(tzinfo=_zone(problem)) for text in span)
        covered.update(range(_minute(begin), _minute(end)))
    return covered


_minutes_of: dict[int, tuple[Sequence[Sequence[str]], set[int]]] = {}  # by identity, for one problem
_spans_of: dict[str, list[list[str]]] = {}


def _covered(problem: Json, spans: Sequence[Sequence[str]]) -> set[int]:
    if id(spans) not in _minutes_of:
        _minutes_of[id(spans)] = spans, _minutes(problem, spans)
    return _minutes_of[id(spans)][1]


def _windows(problem: Json, windows: Sequence[Json]) -> list[list[str]]:
    spans = []
    for number in range(-1, _days(problem) + 1):
        day = date.fromisoformat(problem["earliest"]) + timedelta(number)
        for window in windows:
            if day.weekday() in window["weekdays"]:
                until = f"{day + timedelta(1)}T00:00" if window["to"] == "24:00" else f"{day}T{window['to']}"
                spans.append([f"{day}T{window['from']}", until])
    return spans


def _session(problem: Json, at: datetime, more: int = 0) -> range:
    return range(_minute(at), _minute(at) + problem["session_minutes"] + more)


def _lies_in(problem: Json, at: datetime, windows: Sequence[Json]) -> bool:
    key = repr(windows)
    spans = _spans_of[key] = _spans_of.get(key) or _windows(problem, windows)
    covered = _covered(problem, spans)
    return all(minute in covered for minute in _session(problem, at))


def _is_clear(problem: Json, minutes: range, busy: Sequence[Sequence[str]]) -> bool:
    return _covered(problem, busy).isdisjoint(minutes)


def _free_of_patient(problem: Json, at: datetime) -> bool:
    patient = problem["patient"]
    possible = patient.get("possible")
    clear = _is_clear(problem, _session(problem, at), patient["busy"])
    return clear and (possible is None or _lies_in(problem, at, possible))


def _is_at_work(problem: Json, at: datetime, therapist: Json) -> bool:
    open_ = _covered(problem, therapist["open"])
    return all(minute in open_ for minute in _session(problem, at)) and _is_clear(
        problem, _session(problem, at, therapist["buffer_minutes"]), therapist["busy"]
    )


def _rooms(problem: Json, at: datetime, therapist: Json) -> tuple[int | None, ...]:
    if problem["rooms"] is None:
        return (None,)
    minutes = _session(problem, at, therapist["buffer_minutes"])
    return tuple(sorted(room["id"] for room in problem["rooms"] if _is_clear(problem, minutes, room["busy"])))


def _choice(problem: Json, at: datetime, therapist: int, rooms: tuple[int | None, ...]) -> Choice:
    local, patient, weights = at.astimezone(_zone(problem)), problem["patient"], problem["weights"]
    own = 0
    if patient.get("preferred") and not _lies_in(problem, at, patient["preferred"]):
        own += weights["preferred"]
    if patient.get("therapist") is not None and patient["therapist"] != therapist:
        own += weights["therapist"]
    return Choice(local.date(), f"{local:%H:%M}", at, therapist, rooms, own)


def _kept(problem: Json, visit: Json) -> Choice:
    wall = datetime.fromisoformat(f"{visit['date']}T{visit['start']}").replace(tzinfo=_zone(problem))
    return _choice(problem, wall.astimezone(UTC), visit["therapist"], (visit["room"],))


def _as_first(problem: Json, one: Choice) -> Choice | None:
    before, first_by = problem.get("before"), problem.get("first_by")
    if before:
        held = Choice(date.fromisoformat(before["date"]), before["start"], one.at, before["therapist"], (), 0)
        more = pair(problem, held, one)
    elif first_by and one.date > date.fromisoformat(first_by):
        more = NEVER
    else:
        more = problem["weights"]["wait"] * _day(problem, one.date)
    return None if more >= NEVER else replace(one, own=one.own + more)
