"""The planner's rules, one by one."""

from itertools import pairwise

import pytest

from bench.instances import realistic
from services.booking.planner import plan
from tests.booking.plain import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    WEEK,
    WEIGHTS,
    first_start,
    planned,
    problem,
    span,
    therapist,
    window,
)

SPRING, AUTUMN = "2027-03-14", "2027-11-07"  # New York's clocks change


def on(day, **changes):
    return {"earliest": day, "latest": day} | changes


def dates(answer):
    return [visit["date"] for visit in answer["visits"]]


def test_a_visit_that_fits_exactly_into_open_hours_fits():
    assert first_start(therapists=[therapist(7, span(TUESDAY, "10:15", "11:00"))]) == f"{TUESDAY} 10:15"


def test_a_visit_does_not_begin_before_opening_nor_end_after_closing():
    assert first_start(therapists=[therapist(7, span(TUESDAY, "10:16", "11:01"))]) is None
    assert first_start(therapists=[therapist(7, span(TUESDAY, "10:15", "10:59"))]) is None


def test_open_hours_that_touch_are_joined():
    halves = span(MONDAY, "09:30", "09:50"), span(MONDAY, "09:00", "09:30")
    assert first_start(therapists=[therapist(7, *halves)]) == f"{MONDAY} 09:00"


def test_open_hours_a_minute_apart_are_not_joined():
    halves = span(MONDAY, "09:00", "09:30"), span(MONDAY, "09:31", "10:00")
    assert first_start(therapists=[therapist(7, *halves)]) is None


def test_two_therapists_hours_are_not_joined():
    one, other = therapist(1, span(MONDAY, "09:00", "09:30")), therapist(2, span(MONDAY, "09:30", "10:00"))
    assert first_start(therapists=[one, other]) is None


def test_a_visit_may_touch_what_is_busy_before_and_after_it():
    busy = [span(MONDAY, "08:00", "09:00"), span(MONDAY, "09:45", "12:00")]
    assert first_start(therapists=[therapist(busy=busy)]) == f"{MONDAY} 09:00"


@pytest.mark.parametrize("who", ["therapist", "room", "patient"])
def test_a_single_busy_minute_is_in_the_way_of_anybodys_visit(who):
    changes = on(MONDAY, therapists=[therapist(7, span(MONDAY, "09:00", "09:45"))])
    minute = [span(MONDAY, "09:07", "09:08")]
    assert first_start(**changes)
    match who:
        case "therapist":
            changes["therapists"][0]["busy"] = minute
        case "room":
            changes["rooms"] = [{"id": 101, "busy": minute}]
        case "patient":
            changes["patient"] = {"busy": minute}
    assert first_start(**changes) is None


def test_a_span_of_no_length_is_in_nobodys_way():
    assert first_start(patient={"busy": [span(MONDAY, "09:15", "09:15")]}) == f"{MONDAY} 09:00"


def test_the_buffer_keeps_the_therapist_from_the_next_appointment():
    busy = [span(MONDAY, "09:50", "12:00")]
    assert first_start(**on(MONDAY), therapists=[therapist(busy=busy, buffer_minutes=5)])
    assert first_start(**on(MONDAY), therapists=[therapist(busy=busy, buffer_minutes=6)]) is None


def test_the_buffer_keeps_the_room():
    rooms = [{"id": 101, "busy": [span(MONDAY, "09:50", "12:00")]}]
    assert first_start(**on(MONDAY), rooms=rooms, therapists=[therapist(buffer_minutes=5)])
    assert first_start(**on(MONDAY), rooms=rooms, therapists=[therapist(buffer_minutes=6)]) is None


def test_the_buffer_may_run_past_closing_and_does_not_bind_the_patient():
    one = therapist(7, span(MONDAY, "09:00", "09:45"), buffer_minutes=60)
    busy, possible = [span(MONDAY, "09:45", "11:00")], [window("09:00", "09:45")]
    assert first_start(therapists=[one], patient={"busy": busy, "possible": possible}) == f"{MONDAY} 09:00"


def test_one_room_must_be_free_for_the_whole_visit():
    hours = [therapist(7, span(MONDAY, "09:00", "09:45"))]
    halves = [
        {"id": 1, "busy": [span(MONDAY, "09:00", "09:15")]},
        {"id": 2, "busy": [span(MONDAY, "09:30", "10:00")]},
    ]
    assert first_start(therapists=hours, rooms=halves) is None


def test_the_free_room_with_the_lowest_number_is_taken():
    rooms = [
        {"id": 9, "busy": []},
        {"id": 3, "busy": []},
        {"id": 1, "busy": [span(MONDAY, "09:00", "10:00")]},
    ]
    assert planned(**on(MONDAY), rooms=rooms)["visits"][0]["room"] == 3


def test_a_clinic_without_rooms_has_no_visits_but_a_home_visit_needs_none():
    assert first_start(rooms=[]) is None
    answer = planned(rooms=None)
    assert answer["visits"][0]["room"] is None
    assert {one["room"] for one in answer["alternatives"][0]} == {None}


def test_the_visit_lies_in_a_possible_window():
    assert first_start(patient={"busy": [], "possible": [window("10:50", "11:45", 2)]}) == f"{WEDNESDAY} 11:00"


def test_possible_windows_that_touch_are_joined():
    halves = [window("11:00", "11:30"), window("11:30", "11:45")]
    assert first_start(patient={"busy": [], "possible": halves}) == f"{MONDAY} 11:00"


def test_windows_that_touch_at_midnight_are_joined():
    night = [therapist(7, [f"{MONDAY}T23:30", f"{TUESDAY}T00:15"])]
    windows = [window("20:00", "24:00"), window("00:00", "01:00")]
    assert first_start(therapists=night, patient={"busy": [], "possible": windows}) == f"{MONDAY} 23:30"


def test_no_possible_window_means_never_and_none_given_means_always():
    assert first_start(patient={"busy": [], "possible": []}) is None
    assert first_start(patient={"busy": [], "possible": None})


def test_a_preferred_window_is_worth_its_weight_and_no_more():
    preferred = {"busy": [], "preferred": [window("10:00", "10:30"), window("10:30", "11:00")]}
    assert first_start(patient=preferred) == f"{MONDAY} 10:00"
    assert planned(**on(MONDAY), patient={"busy": [], "preferred": [window("10:00", "10:30")]})["cost"] == 25
    assert planned(patient={"busy": [], "preferred": []})["cost"] == 0


def test_a_later_preferred_day_is_not_worth_a_longer_wait_than_its_weight():
    assert first_start(patient={"busy": [], "preferred": [window("09:00", "12:00", 4)]}) == f"{FRIDAY} 09:00"
    heavier = {**WEIGHTS, "wait": 7}
    given = {"patient": {"busy": [], "preferred": [window("09:00", "12:00", 4)]}, "weights": heavier}
    assert first_start(**given) == f"{MONDAY} 09:00"


def test_the_therapist_asked_for_is_worth_a_wait():
    others = [therapist(1), therapist(2, span(WEDNESDAY, "09:00", "12:00"))]
    answer = planned(therapists=others, patient={"busy": [], "therapist": 2})
    assert (answer["visits"][0]["therapist"], answer["cost"], answer["terms"]["wait"]) == (2, 8, 8)
    assert planned(patient={"busy": [], "therapist": 99})["terms"]["therapist"] == 15


def test_of_equal_therapists_the_one_with_the_lower_number_comes():
    assert planned(therapists=[therapist(9), therapist(4)])["visits"][0]["therapist"] == 4


def test_the_first_visit_is_not_later_than_first_by():
    assert first_start(first_by=TUESDAY, therapists=[therapist(7, span(WEDNESDAY, "09:00", "12:00"))]) is None
    assert first_start(first_by=WEDNESDAY, therapists=[therapist(7, span(WEDNESDAY, "09:00", "12:00"))])


def test_no_visit_is_outside_the_dates_even_where_people_are_open():
    hours = [span(day, "09:00", "12:00") for day in ("2027-02-26", "2027-03-08")]
    assert first_start(therapists=[therapist(7, *hours)]) is None


def test_neighbours_are_never_closer_nor_further_than_the_gap_allows():
    closest = planned(visits=3, gap_days={"min": 2, "max": 2}, weights={**WEIGHTS, "spacing": 0})
    assert dates(closest) == [MONDAY, WEDNESDAY, FRIDAY]
    hours = [span(day, "09:00", "12:00") for day in (MONDAY, TUESDAY, FRIDAY)]
    apart = planned(visits=2, gap_days={"min": 2, "max": 3}, therapists=[therapist(7, *hours)])
    assert dates(apart) == [TUESDAY, FRIDAY]


def test_visits_are_spaced_as_the_cadence_says():
    assert dates(planned(visits=2, cadence={"visits": 1, "per_days": 3})) == [MONDAY, THURSDAY]
    answer = planned(visits=2, cadence={"visits": 2, "per_days": 7})
    assert (dates(answer), answer["terms"]["spacing"]) == ([MONDAY, THURSDAY], 10)


def test_keeping_the_therapist_and_the_hour_is_worth_its_weight():
    early, late = [span(day, "09:00", "09:45") for day in WEEK], span(THURSDAY, "11:00", "11:45")
    answer = planned(
        visits=2,
        gap_days={"min": 3, "max": 3},
        therapists=[therapist(1, *early[:3], late), therapist(2, *early)],
    )
    assert [visit["therapist"] for visit in answer["visits"]] == [2, 2]
    answer = planned(visits=2, gap_days={"min": 3, "max": 3}, therapists=[therapist(1, early[0], late)])
    assert answer["terms"]["drift"] == 8


def test_the_cost_is_the_sum_of_its_terms_and_they_are_those_of_the_visits():
    hours = [span(day, "09:00", "09:45") for day in (MONDAY, WEDNESDAY)], [span(FRIDAY, "11:00", "11:45")]
    answer = planned(
        visits=3,
        therapists=[therapist(1, *hours[0]), therapist(2, *hours[1])],
        patient={"busy": [], "therapist": 1, "preferred": [window("09:00", "10:00")]},
    )
    terms = {"spacing": 60, "switch": 40, "preferred": 25, "drift": 8, "wait": 0, "therapist": 15}
    assert (answer["terms"], answer["cost"]) == (terms, 148)


def test_a_nine_o_clock_visit_stays_at_nine_when_the_clocks_change():
    days = ["2027-03-12", "2027-03-15"]
    answer = planned(
        earliest=days[0],
        latest=days[1],
        visits=2,
        therapists=[therapist(7, *[span(day, "09:00", "09:45") for day in days])],
    )
    assert [visit["start_at"] for visit in answer["visits"]] == [
        "2027-03-12T14:00:00Z",
        "2027-03-15T13:00:00Z",
    ]
    assert answer["terms"]["drift"] == 0


def test_an_hour_that_the_clocks_skip_has_no_start():
    night = therapist(7, span(SPRING, "01:45", "03:30"))
    answer = planned(
        **on(SPRING),
        session_minutes=15,
        therapists=[night],
        patient={"busy": [span(SPRING, "01:45", "02:00")]},
    )
    assert (answer["visits"][0]["start"], answer["visits"][0]["start_at"]) == (
        "03:00",
        "2027-03-14T07:00:00Z",
    )


def test_a_span_over_the_skipped_hour_is_an_hour_shorter():
    night = therapist(7, span(SPRING, "01:45", "03:15"))
    assert first_start(**on(SPRING), session_minutes=30, therapists=[night])
    assert first_start(**on(SPRING), session_minutes=45, therapists=[night]) is None


def test_a_start_in_a_doubled_hour_may_be_either_instant():
    night = therapist(7, span(AUTUMN, "01:00", "03:00"))
    answer = planned(**on(AUTUMN), therapists=[night])
    assert answer["visits"][0]["start_at"] == "2027-11-07T05:00:00Z"
    busy = [span(AUTUMN, "00:00", "01:45")]  # ends at the first 01:45
    visit = planned(**on(AUTUMN), therapists=[therapist(7, night["open"][0], busy=busy)])["visits"][0]
    assert (visit["start"], visit["start_at"]) == ("01:00", "2027-11-07T06:00:00Z")


def test_of_the_two_instants_in_a_doubled_hour_the_open_one_is_taken():
    hours = span(AUTUMN, "00:00", "00:45"), span(AUTUMN, "01:00", "01:45")  # to the first 01:45
    patient = {"busy": [], "preferred": [window("01:00", "02:00")]}
    visit = planned(**on(AUTUMN), therapists=[therapist(7, *hours)], patient=patient)["visits"][0]
    assert visit["start_at"] == "2027-11-07T05:00:00Z"


def test_of_the_two_instants_in_a_doubled_hour_the_preferred_one_is_taken():
    night = therapist(7, span(AUTUMN, "01:00", "03:00"))
    patient = {"busy": [], "preferred": [window("01:30", "03:00")]}  # from the first 01:30
    answer = planned(**on(AUTUMN), therapists=[night], patient=patient)
    assert (answer["cost"], answer["visits"][0]["start"]) == (0, "01:00")
    assert answer["visits"][0]["start_at"] == "2027-11-07T06:00:00Z"


def test_a_span_over_the_doubled_hour_is_an_hour_longer():
    night = therapist(7, span(AUTUMN, "00:45", "02:15"))
    answer = planned(**on(AUTUMN), session_minutes=150, therapists=[night])
    assert [visit["end_at"] for visit in answer["visits"]] == ["2027-11-07T07:15:00Z"]


def test_a_kept_visit_stays_though_nobody_is_free():
    kept = {"2": {"date": WEDNESDAY, "start": "19:00", "therapist": 55, "room": 9}}
    answer = planned(visits=3, kept=kept, patient={"busy": [span(WEDNESDAY, "00:00", "23:59")]})
    visit = answer["visits"][1]
    assert (visit["date"], visit["start"], visit["therapist"], visit["room"]) == (WEDNESDAY, "19:00", 55, 9)
    assert visit["start_at"] == "2027-03-04T00:00:00Z"
    assert (answer["terms"]["switch"], answer["terms"]["drift"]) == (80, 2 * 31)
    assert [(one["start"], one["room"], one["cost"]) for one in answer["alternatives"][1]] == [
        ("19:00", 9, answer["cost"])
    ]


def test_the_neighbours_of_a_kept_visit_keep_their_gap():
    kept = {"1": {"date": MONDAY, "start": "09:00", "therapist": 7, "room": 101}}
    assert dates(planned(visits=2, kept=kept, gap_days={"min": 4, "max": 4})) == [MONDAY, FRIDAY]


def test_a_kept_visit_in_a_doubled_hour_is_at_the_instant_it_says():
    kept = {"date": AUTUMN, "start": "01:30", "therapist": 7, "room": 101}
    for instant in ("2027-11-07T05:30:00Z", "2027-11-07T06:30:00Z"):
        answer = planned(**on(AUTUMN), kept={"1": {**kept, "start_at": instant}})
        assert answer["visits"][0]["start_at"] == instant
    assert planned(**on(AUTUMN), kept={"1": kept})["visits"][0]["start_at"] == "2027-11-07T05:30:00Z"


def test_the_pair_with_the_visit_held_before_counts_and_the_wait_does_not():
    before = {"date": "2027-02-26", "start": "09:30", "therapist": 1}
    answer = planned(before=before, first_by=MONDAY, gap_days={"min": 4, "max": 6})
    assert dates(answer) == [TUESDAY]
    assert answer["terms"] == {
        "spacing": 10,
        "switch": 40,
        "preferred": 0,
        "drift": 0,
        "wait": 0,
        "therapist": 0,
    }


def test_no_visit_is_before_earliest_though_the_visit_before_would_allow_it():
    before = {"date": "2027-02-26", "start": "09:00", "therapist": 7}
    assert dates(planned(before=before, gap_days={"min": 1, "max": 6}, weights=dict.fromkeys(WEIGHTS, 0))) == [MONDAY]


def test_alternatives_name_each_date_and_therapist_once_and_the_planned_visit_first():
    answer = planned(visits=2, therapists=[therapist(7), therapist(8)])
    for visit, alternatives in zip(answer["visits"], answer["alternatives"], strict=True):
        assert alternatives[0] == {key: visit[key] for key in ("date", "start", "therapist", "room")} | {
            "cost": answer["cost"]
        }
        assert all(one["cost"] <= other["cost"] for one, other in pairwise(alternatives))
        assert len({(one["date"], one["therapist"]) for one in alternatives}) == len(alternatives)


def test_the_planned_visit_is_the_first_alternative_though_others_cost_the_same():
    sooner = therapist(5, span(MONDAY, "09:00", "09:45"), span(TUESDAY, "09:00", "09:45"))
    later = therapist(3, span(MONDAY, "10:00", "10:45"), span(TUESDAY, "10:00", "10:45"))
    answer = planned(visits=2, therapists=[sooner, later], alternatives=1)
    assert [[one["therapist"] for one in some] for some in answer["alternatives"]] == [[5], [5]]


def test_twenty_alternatives_are_listed_or_as_many_as_asked_for():
    many = [therapist(id_) for id_ in range(30)]
    assert [len(some) for some in planned(therapists=many)["alternatives"]] == [20]
    assert [len(some) for some in planned(therapists=many, alternatives=3)["alternatives"]] == [3]
    assert [len(some) for some in planned(therapists=many, alternatives=1000)["alternatives"]] == [150]
    assert planned(therapists=many, alternatives=0)["alternatives"] == [[]]


def test_the_same_problem_in_another_order_has_the_same_answer():
    people, rooms = [therapist(id_) for id_ in (5, 3, 8)], [{"id": id_, "busy": []} for id_ in (2, 6, 4)]
    people[0]["busy"] = [span(MONDAY, "09:00", "10:00"), span(FRIDAY, "09:00", "12:00")]
    turned = [{**person, "open": person["open"][::-1], "busy": person["busy"][::-1]} for person in people[::-1]]
    assert planned(visits=3, therapists=people, rooms=rooms) == planned(visits=3, therapists=turned, rooms=rooms[::-1])


@pytest.mark.parametrize("factor", [3, 10, 30, 100, 10_000])
def test_heavier_weights_change_the_cost_and_not_the_plan(factor):
    given = realistic(3, visits=3, therapists=3, rooms=2, days=14)
    light = plan(given).to_json()
    heavy = plan({**given, "weights": {name: factor * weight for name, weight in WEIGHTS.items()}}).to_json()
    assert heavy["visits"] == light["visits"]
    assert heavy["cost"] == factor * light["cost"] > 0
    costs = [[factor * one["cost"] for one in some] for some in light["alternatives"]]
    assert [[one["cost"] for one in some] for some in heavy["alternatives"]] == costs


@pytest.mark.parametrize("factor", [1, 50])  # 50 makes sums that overflow small integers
def test_a_day_from_which_no_next_visit_can_be_reached_is_no_alternative(factor):
    hours = [span(day, "09:00", "12:00") for day in (MONDAY, WEDNESDAY, FRIDAY)]
    answer = planned(
        visits=2,
        gap_days={"min": 2, "max": 2},
        therapists=[therapist(7, *hours, span(TUESDAY, "09:00", "10:00"))],
        weights={name: factor * weight for name, weight in WEIGHTS.items()},
    )
    assert [one["date"] for one in answer["alternatives"][0]] == [MONDAY, WEDNESDAY]


def test_the_problem_is_left_as_it_was():
    given = problem(patient={"busy": [], "possible": []})
    planned(**given)
    assert given == problem(patient={"busy": [], "possible": []})
