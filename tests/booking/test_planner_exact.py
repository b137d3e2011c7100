"""The planner against independent solvers, to the unit, on random problems."""

import pytest

from bench.instances import realistic
from services.booking.planner import merged, plan
from tests.booking import oracle
from tests.booking.small import small

QUICK, LONG = range(1000, 1030), range(2000, 2400)


def check(problem):
    answer = plan(problem).to_json()
    number, cost = oracle.most_that_fit(problem)
    assert answer["forecast"] == {"visits": number, "cost": cost}
    assert answer["feasible"] == (number == problem["visits"])
    assert answer["cost"] == (cost if answer["feasible"] else None)
    assert sum(answer["terms"].values()) == cost
    assert oracle.cost_of(problem, answer["visits"]) == cost
    if number:
        check_alternatives(oracle.shortened(problem, number), answer)
    for relaxation in answer["relaxations"]:
        then = oracle.most_that_fit(merged(problem, relaxation["change"]))
        assert then[0] == relaxation["visits"] > number


def check_alternatives(problem, answer):
    """Every alternative costs what the best series costs that is forced through it, and none is left out."""
    visits = oracle.series(problem)
    for index, listed in enumerate(answer["alternatives"]):
        costs = {place: oracle.best(problem, forced(visits, index, place)) for place in places(visits[index])}
        possible = {place: cost for place, cost in costs.items() if cost is not None}
        assert [one["cost"] for one in listed] == sorted(possible.values())[: problem.get("alternatives", 20)]
        for one in listed:
            assert one["cost"] == possible[one["date"], one["therapist"]]
            exactly = forced(visits, index, (one["date"], one["therapist"]), one["start"])
            assert one["cost"] == oracle.best(problem, exactly)
            assert any(one["room"] in choice.rooms for choice in exactly[index])


def places(choices):
    return sorted({(choice.date.isoformat(), choice.therapist) for choice in choices})


def forced(visits, index, place, start=None):
    only = [
        one for one in visits[index] if (one.date.isoformat(), one.therapist) == place and start in (None, one.start)
    ]
    return [*visits[:index], only, *visits[index + 1 :]]


@pytest.mark.parametrize("seed", QUICK)
def test_plan_alternatives_and_relaxations_are_exact(seed):
    check(small(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", LONG)
def test_plan_alternatives_and_relaxations_are_exact_on_hundreds_more(seed):
    check(small(seed))


def check_with_cp_sat(seed):
    problem = small(seed) | {"alternatives": 0}
    answer = plan(problem)
    fitting = oracle.shortened(problem, answer.forecast.visits)
    if answer.visits:
        assert answer.forecast.cost == oracle.best_by_cp_sat(fitting, oracle.series(fitting))


@pytest.mark.parametrize("seed", range(1000, 1020))
def test_cp_sat_finds_nothing_better(seed):
    check_with_cp_sat(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3000, 3400))
def test_cp_sat_finds_nothing_better_on_hundreds_more(seed):
    check_with_cp_sat(seed)


@pytest.mark.parametrize("seed", range(2))
def test_plan_is_exact_for_a_clinic_of_a_few_therapists(seed):
    problem = realistic(seed, visits=4, therapists=4, rooms=2, days=21) | {"first_by": "2027-02-17"}
    answer = plan(problem).to_json()
    assert answer["cost"] == oracle.best(problem, oracle.series(problem)) == oracle.cost_of(problem, answer["visits"])


def test_a_clinic_of_twenty_therapists_has_a_lawful_plan_of_twelve_visits():
    problem = realistic(0)
    answer = plan(problem).to_json()
    assert len(answer["visits"]) == 12
    assert answer["cost"] == oracle.cost_of(problem, answer["visits"])
