"""The planner beside OR-Tools CP-SAT: the optimum, every alternative, the largest number and what would help."""

import random
from datetime import date, timedelta
from typing import Any

import pytest

from bench.instances import realistic
from services.booking.planner import merged, plan
from tests.booking import solver
from tests.booking.oracle import shortened
from tests.booking.small import small
from tests.booking.solver import Fixed

Json = dict[str, Any]
QUICK, LONG = (*range(5000, 5035), 5071, 5123, 5143), range(6000, 6300)
"""Where the last of the quick ones lie, the clocks go back, and of the doubled hour the second is needed."""
SAMPLE = 5
"""Places of each visit that are tried."""


def check_optimum(problem: Json, answer: Json) -> Json:
    """The problem of as many visits as fit."""
    number = solver.largest_number(problem)
    fitting = shortened(problem, number)
    cost = solver.least_cost(fitting) if number else 0
    assert answer["forecast"] == {"visits": number, "cost": cost}
    assert (answer["feasible"], answer["cost"]) == ((True, cost) if number == problem["visits"] else (False, None))
    return fitting


def check_visits(problem: Json, answer: Json) -> None:
    """The visits as planned, to the start and the room, are a series of that cost."""
    planned = [
        Fixed(number, visit["date"], visit["therapist"], visit["start"], visit["room"])
        for number, visit in enumerate(answer["visits"], 1)
    ]
    if planned:
        assert solver.least_cost(problem, *planned) == answer["forecast"]["cost"]


def check_alternatives(problem: Json, answer: Json, chance: random.Random) -> None:
    """What is listed costs what the best series through it costs, and what is not listed costs no less."""
    for number, listed in enumerate(answer["alternatives"], 1):
        found = {(one["date"], one["therapist"]): one for one in listed}
        costs = [one["cost"] for one in listed]
        assert costs == sorted(costs)
        assert len(found) == len(listed) <= answer["most"]
        for place in chance.sample(sorted(found), min(SAMPLE, len(found))):
            one = found[place]
            assert solver.least_cost(problem, Fixed(number, *place)) == one["cost"]
            assert solver.least_cost(problem, Fixed(number, *place, one["start"], one["room"])) == one["cost"]
        others = sorted(everywhere(problem) - found.keys())
        for place in chance.sample(others, min(SAMPLE, len(others))):
            cost = solver.least_cost(problem, Fixed(number, *place))
            assert cost is None or (len(listed) == answer["most"] and cost >= max(costs, default=0))


def everywhere(problem: Json) -> set[tuple[str, int]]:
    """Every date with every therapist."""
    first, last = (date.fromisoformat(problem[name]) for name in ("earliest", "latest"))
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    return {(day.isoformat(), one["id"]) for day in days for one in problem["therapists"]}


def check(seed: int) -> None:
    problem = small(seed)
    answer = {**plan(problem).to_json(), "most": problem["alternatives"]}
    fitting = check_optimum(problem, answer)
    check_visits(fitting, answer)
    check_alternatives(fitting, answer, random.Random(seed))


@pytest.mark.parametrize("seed", QUICK)
def test_optimum_alternatives_and_largest_number_are_those_of_cp_sat(seed: int) -> None:
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG)
def test_optimum_alternatives_and_largest_number_are_those_of_cp_sat_hundreds_of_times(seed: int) -> None:
    check(seed)


def check_realistic(seed: int, **size: int) -> None:
    problem = realistic(seed, **size) | {"first_by": "2027-02-17"}
    assert plan({**problem, "alternatives": 0}).cost == solver.least_cost(problem)


@pytest.mark.parametrize("seed", range(10, 12))
def test_a_small_clinics_plan_costs_what_cp_sat_proves(seed: int) -> None:
    check_realistic(seed, visits=3, therapists=3, rooms=2, days=14)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 26))
def test_a_clinics_plan_of_five_visits_costs_what_cp_sat_proves(seed: int) -> None:
    check_realistic(seed, visits=5, therapists=5, rooms=3, days=28)


# What would help: each kind of change is a ladder of ever larger ones, the first rung being the problem as it is.


def ladders(problem: Json) -> dict[str, list[Json]]:
    last = date.fromisoformat(problem["latest"])
    open_until = [date.fromisoformat(span[1][:10]) for one in problem["therapists"] for span in one["open"]]
    possible = problem["patient"].get("possible")
    every_day = [{**window, "weekdays": list(range(7))} for window in possible or ()]
    kinds = {
        "latest": [{"latest": day} for day in days_after(last, max([last, *open_until]))],
        "gap_days": [{"gap_days": {"max": most}} for most in range(problem["gap_days"]["max"] + 1, 367)],
        "session_minutes": [{"session_minutes": n} for n in range(problem["session_minutes"] - 15, 0, -15)],
        "hours": [windows([wider(one, more) for one in possible]) for more in range(15, 1440, 15)] if possible else [],
        "weekdays": [windows(every_day), windows(None)] if possible is not None else [],
    }
    if problem.get("first_by") and not problem.get("before"):
        kinds["first_by"] = [{"first_by": day} for day in days_after(date.fromisoformat(problem["first_by"]), last)]
    return {kind: [{}, *rungs] for kind, rungs in kinds.items()}


def days_after(day: date, last: date) -> list[str]:
    return [(day + timedelta(n)).isoformat() for n in range(1, (last - day).days + 1)]


def windows(possible: list[Json] | None) -> Json:
    return {"patient": {"possible": possible}}


def wider(window: Json, more: int) -> Json:
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in (window["from"], window["to"]))
    begin, end = max(0, begin - more), min(1440, end + more)
    return {**window, "from": f"{begin // 60:02}:{begin % 60:02}", "to": f"{end // 60:02}:{end % 60:02}"}


def check_relaxations(problem: Json) -> None:
    """Each gives what it promises, the change just smaller does not, and nothing that helps is left out."""
    answer = plan({**problem, "alternatives": 0}).to_json()
    if answer["feasible"]:
        return
    number, found = answer["forecast"]["visits"], answer["relaxations"]
    for rungs in ladders(problem).values():
        mine = [one for one in found if one["change"] in rungs]
        found = [one for one in found if one not in mine]
        promised = [one["visits"] for one in mine]
        assert promised == sorted(set(promised)), "more visits with each larger change"
        assert all(visits > number for visits in promised)
        for one in mine:
            smaller = rungs[rungs.index(one["change"]) - 1]
            changed = merged(problem, one["change"])
            assert solver.fits(changed, one["visits"])
            assert one["visits"] == problem["visits"] or not solver.fits(changed, one["visits"] + 1)
            assert not solver.fits(merged(problem, smaller), one["visits"])
        reached = max(promised, default=number)
        assert reached == problem["visits"] or not solver.fits(merged(problem, rungs[-1]), reached + 1)
    assert found == [], "a change of no known kind"


@pytest.mark.parametrize("seed", range(7000, 7040))
def test_a_relaxation_is_the_smallest_that_helps_and_gives_what_it_promises(seed: int) -> None:
    check_relaxations(small(seed) | {"visits": 4})


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8000, 8300))
def test_a_relaxation_is_the_smallest_that_helps_hundreds_of_times(seed: int) -> None:
    check_relaxations(small(seed) | {"visits": 4 + seed % 3})
