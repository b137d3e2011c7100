"""Some visits stay and others are placed among them: compared with planning every way of interleaving them."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, time
from itertools import combinations

import pytest

from services.booking.planner import plan
from services.booking.planning.among import among
from services.booking.planning.answer import Plan
from services.booking.planning.errors import ProblemError
from services.booking.planning.parts import Kept, Window
from services.booking.planning.price import inside, price
from services.booking.planning.problem import Problem
from tests.booking.plain import FRIDAY, WEDNESDAY, span, therapist
from tests.booking.plain import problem as plain
from tests.booking.small import small

Line = Sequence[Kept | None]


def posed(seed: int) -> tuple[Problem, Line, int]:
    """A small problem, a line of visits of which some stay, and how many more there are to be."""
    chance = random.Random(seed)
    given = small(seed)
    given.pop("kept", None)
    problem = Problem.from_json({**given, "visits": chance.randint(1, 4), "alternatives": 1000})
    line: list[Kept | None] = [
        Kept(one.date, one.start, one.therapist, one.room, one.start_at) if chance.random() < 0.6 else None
        for one in plan(problem).visits
    ]
    return problem, line, chance.randint(0, 2)


def every_way(problem: Problem, line: Line, more: int) -> Iterator[tuple[tuple[int, ...], Plan]]:
    """Each whole series that fits: the numbers of the visits placed, and its plan."""
    size = len(line) + more
    for added in combinations(range(size), more):
        rest = iter(line)
        whole = [None if index in added else next(rest) for index in range(size)]
        kept = {number: one for number, one in enumerate(whole, 1) if one is not None}
        if size:
            found = plan(replace(problem, visits=size, kept=kept))
            if found.feasible:
                yield tuple(number for number in range(1, size + 1) if number not in kept), found


@pytest.mark.parametrize("seed", range(120))
def test_the_best_series_over_all_ways_of_interleaving_is_found(seed: int) -> None:
    problem, line, more = posed(seed)
    costs = [found.cost for _, found in every_way(problem, line, more)]
    found = among(problem, line, more)
    placed = line.count(None) + more
    if not costs:
        assert len(found.placed) < placed or not (line or more)
        return
    assert (found.plan.cost, len(found.placed)) == (min(cost for cost in costs if cost is not None), placed)
    stay = [one.start_at for one in line if one]
    assert [one.start_at for number, one in enumerate(found.plan.visits, 1) if number not in found.placed] == stay


@pytest.mark.parametrize("seed", range(120, 200))
def test_alternatives_of_one_visit_are_those_of_all_its_places_each_at_its_least_cost(seed: int) -> None:
    problem, line, _ = posed(seed)
    stay = [one for one in line if one]
    best: dict[object, int] = {}
    for (number,), found in every_way(problem, stay, 1):
        for one in found.alternatives[number - 1]:
            key = (one.date, one.therapist)
            best[key] = min(best.get(key, one.cost), one.cost)
    said = among(problem, stay, 1).alternatives
    assert {(one.date, one.therapist): one.cost for one in said} == best
    assert [one.cost for one in said] == sorted(one.cost for one in said)


@pytest.mark.parametrize("seed", range(200, 260))
def test_a_series_costs_as_it_stands_what_the_planner_says_where_it_could_be_planned_so(seed: int) -> None:
    problem, _, _ = posed(seed)
    found = plan(problem)
    if found.visits:
        kept = [Kept(one.date, one.start, one.therapist, one.room, one.start_at) for one in found.visits]
        assert price(problem, kept).total == found.forecast.cost


def test_windows_that_touch_hold_a_visit_together_and_those_of_other_weekdays_do_not() -> None:
    problem, _, _ = posed(1)
    monday = Kept(problem.earliest, time(10), 1)
    weekday = problem.earliest.weekday()
    touching = (Window((weekday,), 570, 615), Window((weekday,), 615, 660))
    assert inside(touching, monday, 45)
    assert not inside(touching, monday, 75)
    assert not inside((Window(((weekday + 1) % 7,), 0, 1440),), monday, 45)


def test_a_visit_that_stays_off_the_grid_is_a_mistake_of_whoever_asks() -> None:
    problem, _, _ = posed(1)
    off = Kept(problem.earliest, time(10, 7), 1)
    with pytest.raises(ProblemError):
        among(problem, [off], 0)


def test_a_visit_of_the_line_keeps_its_place_in_it_and_one_more_goes_wherever_there_is_room() -> None:
    late = therapist(7, span(FRIDAY, "09:00", "12:00"))
    problem = Problem.from_json(plain(therapists=[late]))
    wednesday = Kept(date.fromisoformat(WEDNESDAY), time(10), 7)
    assert among(problem, [None, wednesday]).placed == ()
    assert among(problem, [wednesday, None]).placed == (2,)
    assert among(problem, [wednesday], 1).placed == (2,)
    assert among(problem, [None, wednesday], 1).placed == (2,)
