"""When a visit could take place: every start at which a therapist, a room and the patient are free."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from services.booking.planning.grid import Flags, Grid, Indices
from services.booking.planning.parts import Therapist
from services.booking.planning.problem import Problem
from services.booking.planning.spans import NO_SPANS
from services.booking.planning.wallclock import QUARTERS_A_DAY, Minutes, instants_of

MOST_CELLS = 20_000_000


@dataclass(frozen=True)
class Openings:
    """The starts of the dates from `earliest` on. Arrays run over [therapist, start] or less."""

    problem: Problem
    grid: Grid
    therapists: tuple[Therapist, ...]  # by ascending id
    clinic: Flags  # therapist and some room free
    rooms: Flags  # [buffer, room, start]: free for the session and that buffer
    buffer: Indices  # of each therapist, an index into `rooms`
    patient: Flags
    disliked: Flags  # not wholly inside a preferred window, where there are any

    @classmethod
    def of(cls, problem: Problem, last: date) -> "Openings":
        """Openings of `problem` from its `earliest` to `last`."""
        grid, therapists = Grid(problem.zone, problem.earliest, last), _everyone(problem)
        after = np.array([one.buffer_minutes for one in therapists], np.int64)
        buffers, buffer = np.unique(after, return_inverse=True)
        rooms = _free_rooms(problem, buffers, grid)
        return cls(
            problem=problem,
            grid=grid,
            therapists=therapists,
            clinic=_at_work(problem, therapists, after, grid) & np.any(rooms, axis=1)[buffer],
            rooms=rooms,
            buffer=buffer,
            patient=_patient_free(problem, grid),
            disliked=_disliked(problem, grid),
        )

    def for_patient(self, problem: Problem) -> "Openings":
        """The same openings where only the patient's windows are others."""
        return replace(self, problem=problem, patient=_patient_free(problem, self.grid))

    @cached_property
    def usable(self) -> Flags:
        """The starts at which a visit could begin."""
        at_clinic: Flags = np.any(self.clinic, axis=0)
        return at_clinic & self.patient

    @cached_property
    def dates(self) -> int:
        """The dates that have any opening, as bits; bit 0 is `earliest`."""
        return sum(1 << day for day in np.unique(self.grid.starts.day[self.usable]).tolist())

    def kept(self, number: int) -> tuple[int, int]:
        """The indices of the start and the therapist of a kept visit whose date lies among these."""
        kept = self.problem.kept[number]
        at = kept.start_at or instants_of(kept.date, kept.start, self.problem.zone)[0]
        start = int(np.searchsorted(self.grid.starts.at, int(at.timestamp()) // 60))
        return start, self.column(kept.therapist)

    def column(self, therapist: int) -> int:
        """The index of a therapist, -1 for one who is not among these."""
        ids = [one.id for one in self.therapists]
        return ids.index(therapist) if therapist in ids else -1

    def cheapest(self, day: Indices, quarter: Indices, therapist: Indices) -> Indices:
        """The index of each choice's start: of the two in a doubled hour the preferred, else the first."""
        either = self._by_clock[:, day, quarter]
        free = (either >= 0) & self.clinic[therapist, either] & self.patient[either]
        choice = np.where(free, self.disliked[either], 2).argmin(axis=0)
        starts: Indices = either[choice, np.arange(len(day))]
        return starts

    @cached_property
    def _by_clock(self) -> Indices:
        """[again, day, quarter]: the index of the start, -1 where there is none."""
        starts = self.grid.starts
        index = np.full((2, self.grid.days, QUARTERS_A_DAY), -1, np.intp)
        index[starts.again.astype(np.intp), starts.day, starts.quarter] = np.arange(len(starts.at))
        return index

    def room(self, start: Indices, therapist: Indices) -> list[int | None]:
        """The lowest id among the rooms that are free at each start for that therapist."""
        if self.problem.rooms is None:
            return [None] * len(start)
        ids = [room.id for room in self.problem.rooms]
        by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.intp)
        free = self.rooms[self.buffer[therapist], :, start][:, by_id]
        return [ids[room] for room in by_id[free.argmax(axis=1)].tolist()]


def _everyone(problem: Problem) -> tuple[Therapist, ...]:
    """The therapists by id, with those who are known only from a kept visit and are never open."""
    known = {therapist.id: therapist for therapist in problem.therapists}
    gone = {kept.therapist for kept in problem.kept.values()} - known.keys()
    everyone = [*known.values(), *(Therapist(id_, 0, NO_SPANS, NO_SPANS) for id_ in gone)]
    return tuple(sorted(everyone, key=lambda therapist: therapist.id))


def _at_work(problem: Problem, therapists: Sequence[Therapist], after: Minutes, grid: Grid) -> Flags:
    open_ = grid.inside([one.open for one in therapists], problem.session_minutes)
    return open_ & grid.clear([one.busy for one in therapists], problem.session_minutes + after)


def _free_rooms(problem: Problem, buffers: Minutes, grid: Grid) -> Flags:
    if problem.rooms is None:
        return np.ones((len(buffers), 1, len(grid.starts.at)), np.bool_)
    busy = [room.busy for room in problem.rooms] * len(buffers)
    minutes = np.repeat(problem.session_minutes + buffers, len(problem.rooms))
    return grid.clear(busy, minutes).reshape(len(buffers), len(problem.rooms), len(grid.starts.at))


def _patient_free(problem: Problem, grid: Grid) -> Flags:
    minutes, possible = problem.session_minutes, problem.patient.possible
    free: Flags = grid.clear([problem.patient.busy], np.array([minutes], np.int64))[0]
    if possible is not None:
        free &= grid.inside([grid.spans(possible)], minutes)[0]
    return free


def _disliked(problem: Problem, grid: Grid) -> Flags:
    preferred = problem.patient.preferred
    if not preferred:
        return np.zeros(len(grid.starts.at), np.bool_)
    liked: Flags = grid.inside([grid.spans(preferred)], problem.session_minutes)[0]
    return ~liked


def last_day(problem: Problem) -> date:
    """The last date that a visit of the series can have."""
    gap, first = problem.gap_days.max, problem.first_by
    if problem.before:
        first = problem.before.date + timedelta(gap)
    reach = problem.latest if first is None else first + timedelta(gap * (problem.visits - 1))
    return max(problem.earliest, min(problem.latest, reach))


def most_days(problem: Problem) -> int:
    """How many dates can be laid out within half a gigabyte."""
    buffers = {therapist.buffer_minutes for therapist in problem.therapists}
    owners = len(problem.therapists) + len(problem.kept) + len(problem.rooms or ()) * (len(buffers) + 1)
    return MOST_CELLS // (QUARTERS_A_DAY * max(1, owners))
