"""What the planner says would help when not all visits fit."""

import pytest

from services.booking.planner import merged, plan
from tests.booking.plain import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    planned,
    problem,
    span,
    therapist,
    window,
)

NEXT_WEEK = ("2027-03-08", "2027-03-10")


def suggested(kind, **changes):
    """The suggestions that change one thing, as (the change, the number of visits that then fits)."""
    found = [(one["change"], one["visits"]) for one in planned(**changes)["relaxations"]]
    return [(change[kind], visits) for change, visits in found if kind in change]


def hours(*days):
    return [span(day, "09:00", "12:00") for day in days]


def test_the_largest_number_that_fits_is_planned_at_its_best():
    answer = planned(visits=7, gap_days={"min": 2, "max": 2})
    assert (answer["feasible"], answer["cost"]) == (False, None)
    assert [visit["date"] for visit in answer["visits"]] == [MONDAY, WEDNESDAY, FRIDAY]
    assert answer["forecast"] == {"visits": 3, "cost": 60} == {"visits": 3, "cost": sum(answer["terms"].values())}
    assert len(answer["alternatives"]) == 3


def test_where_nothing_fits_the_forecast_is_no_visits_at_no_cost():
    answer = planned(therapists=[])
    assert (answer["feasible"], answer["visits"], answer["alternatives"]) == (False, [], [])
    assert (answer["forecast"], answer["relaxations"]) == ({"visits": 0, "cost": 0}, [])


def test_a_plan_in_which_all_visits_fit_suggests_nothing():
    assert planned(visits=2)["relaxations"] == []


def test_the_earliest_later_date_for_each_larger_number_of_visits_is_suggested():
    given = {"visits": 7, "therapists": [therapist(7, *hours(*WEEK, *NEXT_WEEK))]}
    assert suggested("latest", **given) == [("2027-03-08", 6), ("2027-03-10", 7)]


def test_a_later_start_is_suggested_where_nobody_is_free_sooner():
    given = {"first_by": MONDAY, "therapists": [therapist(7, *hours(WEDNESDAY, FRIDAY))]}
    assert suggested("first_by", visits=2, **given) == [(WEDNESDAY, 2)]


def test_a_later_start_is_not_suggested_when_the_visit_before_decides():
    before = {"date": "2027-02-26", "start": "09:00", "therapist": 7}
    given = {"first_by": MONDAY, "before": before, "therapists": [therapist(7, *hours(FRIDAY))]}
    assert suggested("first_by", **given) == []
    assert suggested("gap_days", **given) == [({"max": 7}, 1)]


def test_the_smallest_gap_that_helps_is_suggested():
    given = {"visits": 2, "gap_days": {"min": 1, "max": 2}, "therapists": [therapist(7, *hours(MONDAY, FRIDAY))]}
    assert suggested("gap_days", **given) == [({"max": 4}, 2)]


def test_a_gap_one_day_longer_is_suggested_where_that_is_enough():
    given = {"visits": 2, "gap_days": {"min": 1, "max": 1}, "therapists": [therapist(7, *hours(MONDAY, WEDNESDAY))]}
    assert suggested("gap_days", **given) == [({"max": 2}, 2)]


def test_the_longest_shorter_session_that_helps_is_suggested():
    short = [therapist(7, span(MONDAY, "09:00", "09:30"), span(TUESDAY, "09:00", "09:15"))]
    assert suggested("session_minutes", therapists=short, visits=2) == [(30, 1), (15, 2)]


def test_the_smallest_longer_hours_that_help_are_suggested():
    patient = {"busy": [], "possible": [window("12:00", "18:00")]}
    wider = {"possible": [window("11:15", "18:45")]}
    assert suggested("patient", patient=patient)[0] == (wider, 1)


def test_other_weekdays_or_no_windows_at_all_are_suggested():
    saturdays = {"busy": [], "possible": [window("09:00", "12:00", 5)]}
    assert suggested("patient", patient=saturdays) == [({"possible": [window("09:00", "12:00")]}, 1)]
    assert suggested("patient", patient={"busy": [], "possible": []}) == [({"possible": None}, 1)]


def test_the_smallest_change_of_each_kind_comes_before_any_larger_one():
    given = {
        "visits": 3,
        "gap_days": {"min": 1, "max": 1},
        "latest": MONDAY,
        "therapists": [therapist(7, *hours(MONDAY, TUESDAY, THURSDAY))],
    }
    given["therapists"][0]["open"] += [span(WEDNESDAY, "09:00", "09:30")]
    kinds = [next(iter(one["change"])) for one in planned(**given)["relaxations"]]
    firsts = [kind for index, kind in enumerate(kinds) if kind not in kinds[:index]]
    assert kinds[: len(firsts)] == firsts


def test_a_suggestion_merged_into_the_problem_gives_the_number_it_promises():
    given = problem(visits=7, first_by=MONDAY, therapists=[therapist(7, *hours(*WEEK[1:], *NEXT_WEEK))])
    answer = plan(given)
    assert answer.relaxations
    for relaxation in answer.relaxations:
        assert plan(merged(given, relaxation.change)).forecast.visits == relaxation.visits > len(answer.visits)


def test_the_largest_number_counts_kept_visits_up_to_it():
    kept = {
        number: {"date": day, "start": "09:00", "therapist": 7, "room": 101}
        for number, day in (("1", MONDAY), ("4", FRIDAY))
    }
    answer = planned(visits=4, kept=kept, therapists=[therapist(7, *hours(MONDAY, TUESDAY))])
    assert [visit["date"] for visit in answer["visits"]] == [MONDAY, TUESDAY]


@pytest.mark.parametrize(
    ("change", "merge"),
    [
        ({"latest": "2028-01-01"}, {"latest": "2028-01-01", "gap": {"min": 1, "max": 2}}),
        ({"gap": {"max": 9}}, {"latest": "2027-01-01", "gap": {"min": 1, "max": 9}}),
        ({"gap": {"max": None}}, {"latest": "2027-01-01", "gap": {"min": 1}}),
        ({"new": {"a": None, "b": 1}}, {"latest": "2027-01-01", "gap": {"min": 1, "max": 2}, "new": {"b": 1}}),
    ],
)
def test_a_change_is_merged_member_by_member_and_null_removes(change, merge):
    assert merged({"latest": "2027-01-01", "gap": {"min": 1, "max": 2}}, change) == merge
