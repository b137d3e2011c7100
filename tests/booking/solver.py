"""The planner's problem once more, as a model for OR-Tools CP-SAT that has nothing of the planner's own way.

No visit is ever listed with its choices. A visit is the minute of UTC at which it begins; who is open or busy when are
domains of that minute, put together by arithmetic on spans; therapist and room are switches that each bring a domain
along; the local date and quarter-hour follow from which offset of the zone is in force (read from dateutil, hour by
hour, where the planner asks zoneinfo).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from dateutil import tz
from ortools.sat.python import cp_model

Json = dict[str, Any]
Span = tuple[int, int]
"""Minutes of UTC since 1970, half-open."""

DAY = 24 * 60
LIMIT_SECONDS = 60


@dataclass(frozen=True)
class Fixed:
    """Visit `number` (from 1) must be on this date with this therapist, and, where they are given, at this start and
    in this room."""

    number: int
    date: str
    therapist: int
    start: str | None = None
    room: int | None = None


def least_cost(problem: Json, *fixed: Fixed) -> int | None:
    """The cost of the best series of all `visits` with these visits fixed; None when there is none."""
    model = _Model(problem, fixed)
    return model.solve()


@dataclass(frozen=True)
class Race:
    """What CP-SAT has come to in some seconds: the best cost (None without a series), and whether it is proven."""

    cost: int | None
    proven: bool
    seconds: float


def race(problem: Json, seconds: float, workers: int) -> Race:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds
    model = _Model(problem, ())
    model.model.minimize(sum(model.costs))
    status = solver.solve(model.model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return Race(round(solver.objective_value) if found else None, status == cp_model.OPTIMAL, solver.wall_time)


def fits(problem: Json, visits: int) -> bool:
    """Whether a series of the first so many visits exists, whatever it costs."""
    return visits == 0 or _Model(_shortened(problem, visits), ()).solve(cost=False) is not None


def largest_number(problem: Json) -> int:
    """How many of the visits fit."""
    return next(number for number in range(problem["visits"], -1, -1) if fits(problem, number))


def _shortened(problem: Json, visits: int) -> Json:
    kept = {number: visit for number, visit in (problem.get("kept") or {}).items() if int(number) <= visits}
    return {**problem, "visits": visits, "kept": kept}


@dataclass(frozen=True)
class Regime:
    """While the zone is `offset` minutes ahead of UTC."""

    begins: int
    ends: int
    offset: int


@dataclass
class _Visit:
    at: cp_model.IntVar
    day: cp_model.IntVar
    quarter: cp_model.IntVar
    therapists: dict[int, cp_model.IntVar]
    rooms: dict[int, cp_model.IntVar]
    disliked: cp_model.IntVar


class _Model:
    def __init__(self, problem: Json, fixed: Sequence[Fixed]) -> None:
        self.problem, self.model = problem, cp_model.CpModel()
        self.first, self.last = (date.fromisoformat(problem[name]) for name in ("earliest", "latest"))
        self.regimes = _regimes(problem["timezone"], self.first, self.last)
        self.line = self.regimes[0].begins, self.regimes[-1].ends
        self.kept = {int(number): visit for number, visit in (problem.get("kept") or {}).items()}
        self.ids = [one["id"] for one in problem["therapists"]]
        self.ids += sorted({visit["therapist"] for visit in self.kept.values()} - set(self.ids))
        self.fixed = {one.number: one for one in fixed}
        self.visits = [self._visit(number) for number in range(1, problem["visits"] + 1)]
        self.costs = [self._own(visit) for visit in self.visits]
        self.costs += [self._pair(sooner, later) for sooner, later in pairwise(self.visits)]
        self.costs.append(self._beginning(self.visits[0]))

    def solve(self, cost: bool = True) -> int | None:
        if cost:
            self.model.minimize(sum(self.costs))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = LIMIT_SECONDS
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        assert status == cp_model.OPTIMAL, solver.status_name(status)
        return round(solver.objective_value) if cost else 0

    def _visit(self, number: int) -> _Visit:
        new = self.model
        visit = _Visit(
            at=new.new_int_var(*self.line, f"at{number}"),
            day=new.new_int_var(0, (self.last - self.first).days, f"day{number}"),
            quarter=new.new_int_var(0, 95, f"quarter{number}"),
            therapists={id_: new.new_bool_var(f"therapist{number}_{id_}") for id_ in self.ids},
            rooms={room["id"]: new.new_bool_var("") for room in self.problem["rooms"] or ()},
            disliked=new.new_bool_var(f"disliked{number}"),
        )
        self._clock(visit)
        new.add_exactly_one(visit.therapists.values())
        if number in self.kept:
            self._stay(visit, self.kept[number])
        else:
            self._available(visit)
        if number in self.fixed:
            self._fix(visit, self.fixed[number])
        return visit

    def _clock(self, visit: _Visit) -> None:
        """The local date and quarter-hour that the clocks show at `at`."""
        midnight = (self.first - date(1970, 1, 1)).days * DAY
        which = [self.model.new_bool_var("") for _ in self.regimes]
        self.model.add_exactly_one(which)
        for regime, here in zip(self.regimes, which, strict=True):
            self.model.add(visit.at >= regime.begins).only_enforce_if(here)
            self.model.add(visit.at < regime.ends).only_enforce_if(here)
            wall = midnight + visit.day * DAY + visit.quarter * 15
            self.model.add(visit.at + regime.offset == wall).only_enforce_if(here)

    def _stay(self, visit: _Visit, kept: Json) -> None:
        at = self._utc(f"{kept['date']}T{kept['start']}")
        self.model.add(visit.at == at)
        self.model.add(visit.therapists[kept["therapist"]] == 1)

    def _available(self, visit: _Visit) -> None:
        problem, minutes = self.problem, self.problem["session_minutes"]
        patient, possible = problem["patient"], problem["patient"].get("possible")
        self._outside(visit.at, patient["busy"], minutes)
        if possible is not None:
            self._within(visit.at, self._windows(possible), minutes)
        for therapist in problem["therapists"]:
            here, length = visit.therapists[therapist["id"]], minutes + therapist["buffer_minutes"]
            self._within(visit.at, self._spans(therapist["open"]), minutes, here)
            self._outside(visit.at, therapist["busy"], length, here)
            for room in problem["rooms"] or ():
                self._outside(visit.at, room["busy"], length, here, visit.rooms[room["id"]])
        for stranger in set(self.ids) - {one["id"] for one in problem["therapists"]}:
            self.model.add(visit.therapists[stranger] == 0)
        if problem["rooms"] is not None:
            self.model.add_exactly_one(visit.rooms.values())

    def _fix(self, visit: _Visit, fixed: Fixed) -> None:
        self.model.add(visit.day == (date.fromisoformat(fixed.date) - self.first).days)
        self.model.add(visit.therapists[fixed.therapist] == 1)
        if fixed.start is not None:
            hour, minute = map(int, fixed.start.split(":"))
            self.model.add(visit.quarter == (hour * 60 + minute) // 15)
        if fixed.room in visit.rooms and fixed.number not in self.kept:
            self.model.add(visit.rooms[fixed.room] == 1)

    def _own(self, visit: _Visit) -> Any:
        """What it costs that the hour is not preferred, and that the therapist is not the one asked for."""
        weights, patient = self.problem["weights"], self.problem["patient"]
        if patient.get("preferred"):
            liked = self._windows(patient["preferred"])
            self._within(visit.at, liked, self.problem["session_minutes"], visit.disliked.negated())
        asked = patient.get("therapist")
        others = [there for id_, there in visit.therapists.items() if asked is not None and id_ != asked]
        return weights["preferred"] * visit.disliked + weights["therapist"] * sum(others)

    def _pair(self, sooner: _Visit, later: _Visit) -> Any:
        same = []
        for id_ in self.ids:
            both = self.model.new_bool_var("")
            self.model.add_implication(both, sooner.therapists[id_])
            self.model.add_implication(both, later.therapists[id_])
            same.append(both)
        return self._neighbours(later.day - sooner.day, later.quarter - sooner.quarter, 1 - sum(same))

    def _neighbours(self, gap: Any, drift: Any, switched: Any) -> Any:
        weights, cadence, bounds = self.problem["weights"], self.problem["cadence"], self.problem["gap_days"]
        self.model.add_linear_constraint(gap, bounds["min"], bounds["max"])
        spacing, moved = self.model.new_int_var(0, 10**6, ""), self.model.new_int_var(0, 95, "")
        self.model.add_abs_equality(spacing, gap * cadence["visits"] - cadence["per_days"])
        self.model.add_abs_equality(moved, drift)
        return weights["spacing"] * spacing + weights["drift"] * moved + weights["switch"] * switched

    def _beginning(self, visit: _Visit) -> Any:
        """The wait for the first visit, or its pair with the visit that was held before it."""
        before, first_by = self.problem.get("before"), self.problem.get("first_by")
        if before:
            hour, minute = map(int, before["start"].split(":"))
            ago = (self.first - date.fromisoformat(before["date"])).days
            switched = 1 - visit.therapists.get(before["therapist"], 0)
            return self._neighbours(visit.day + ago, visit.quarter - (hour * 60 + minute) // 15, switched)
        if first_by:
            self.model.add(visit.day <= (date.fromisoformat(first_by) - self.first).days)
        return self.problem["weights"]["wait"] * visit.day

    def _within(self, at: cp_model.IntVar, spans: Iterable[Span], minutes: int, *here: cp_model.IntVar) -> None:
        """All the minutes lie in spans, touching ones joined, if everything in `here` holds."""
        starts = [[begin, end - minutes] for begin, end in _joined(spans) if begin + minutes <= end]
        self._only(at, cp_model.Domain.from_intervals(starts), here)

    def _outside(self, at: cp_model.IntVar, busy: Sequence[Any], minutes: int, *here: cp_model.IntVar) -> None:
        """None of the minutes is busy, if everything in `here` holds."""
        taken = [[begin - minutes + 1, end - 1] for begin, end in self._spans(busy) if begin < end]
        self._only(at, cp_model.Domain.from_intervals(taken).complement(), here)

    def _only(self, at: cp_model.IntVar, domain: cp_model.Domain, here: Sequence[cp_model.IntVar]) -> None:
        if domain.is_empty():
            self.model.add_bool_or([one.negated() for one in here])
        else:
            self.model.add_linear_expression_in_domain(at, domain).only_enforce_if(*here)

    def _spans(self, spans: Sequence[Sequence[str]]) -> list[Span]:
        return [(self._utc(begin), self._utc(end)) for begin, end in spans]

    def _windows(self, windows: Sequence[Json]) -> list[Span]:
        days = [self.first + timedelta(n) for n in range(-1, (self.last - self.first).days + 2)]
        return [
            (self._utc(f"{day}T{window['from']}"), self._end(day, window["to"]))
            for day in days
            for window in windows
            if day.weekday() in window["weekdays"]
        ]

    def _end(self, day: date, to: str) -> int:
        return self._utc(f"{day + timedelta(1)}T00:00" if to == "24:00" else f"{day}T{to}")

    def _utc(self, local: str) -> int:
        """The first instant at which the clocks show this; if they skip it, as though they had not yet been changed."""
        wall = int(datetime.fromisoformat(local).replace(tzinfo=UTC).timestamp()) // 60
        showing = [one for one in self.regimes if one.begins <= wall - one.offset < one.ends]
        if showing:
            return wall - showing[0].offset
        passed = [one for one in self.regimes if one.ends <= wall - one.offset]
        return wall - (passed[-1] if passed else self.regimes[0]).offset


def _regimes(zone: str, first: date, last: date) -> list[Regime]:
    """The zone's offsets from two days before the first date to a good while after the last."""
    rules = tz.gettz(zone)
    begins = (first - date(1970, 1, 1)).days * DAY - 2 * DAY
    found: list[Regime] = []
    for at in range(begins, begins + ((last - first).days + 12) * DAY, 15):
        offset = int(datetime.fromtimestamp(at * 60, UTC).astimezone(rules).utcoffset() / timedelta(minutes=1))
        if found and found[-1].offset == offset:
            found[-1] = replace(found[-1], ends=at + 15)
        else:
            found.append(Regime(at, at + 15, offset))
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined
