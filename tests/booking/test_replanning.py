"""A booked series gets other times: one visit, or the rest of it."""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import NEW_YORK, at, therapist
from tests.booking.test_series import visit

Json = dict[str, Any]


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def series(house: House, *days: str, order: str | None = None, who: int = 0) -> Json:
    """A series of visits with the first therapist in the first room."""
    answer = house.book(order or house.order(), *(visit(house, day, who, who) for day in days))
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def ids(booked: Json) -> list[str]:
    return [one["id"] for one in booked["sessions"]]


def others(house: House, session_id: str, **asked: Any) -> Json:
    answer = house.ask("POST", f"/sessions/{session_id}/alternatives", asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def proposal(house: House, booked: Json, **asked: Any) -> Json:
    answer = house.ask("POST", f"/series/{booked['series_id']}/replan", asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def apply(house: House, booked: Json, moves: list[Json]) -> Any:
    asked = {"moves": [{"session_id": one["session_id"], "to": one["to"]} for one in moves]}
    return house.ask("POST", f"/series/{booked['series_id']}/replan/apply", asked)


def local(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(NEW_YORK):%m-%d %H:%M}"


def cancel(house: House, session_id: str, by: str = "clinic") -> None:
    answer = house.ask("POST", f"/sessions/{session_id}/cancel", {"by": by, "reason": "other"})
    assert answer.status_code == 200, answer.text


def shift(house: House, session_id: str, when: str, who: int = 0) -> None:
    answer = house.ask("POST", f"/sessions/{session_id}/move", visit(house, when, who, who))
    assert answer.status_code == 200, answer.text


STEADY = ("03-02 10:00", "03-05 10:00", "03-09 10:00", "03-12 10:00")


def test_the_place_that_a_visit_has_is_among_its_alternatives_and_makes_no_difference(desk: House) -> None:
    booked = series(desk, *STEADY)
    found = others(desk, ids(booked)[1])
    own = [one for one in found["alternatives"] if one["start_at"] == booked["sessions"][1]["starts_at"]]
    assert own[0]["therapist"] == found["now"]["therapist"]
    assert [one["difference"] for one in own] == [0, 80]
    assert found["now"]["cost"] == own[0]["cost"]
    assert found["in_rhythm"]


def test_alternatives_lie_between_the_visits_that_stay_and_are_ranked_by_the_whole_series(desk: House) -> None:
    booked = series(desk, *STEADY)
    found = others(desk, ids(booked)[1])
    dates = {local(one["start_at"])[:5] for one in found["alternatives"]}
    assert dates == {"03-04", "03-05"}
    costs = [one["cost"] for one in found["alternatives"]]
    assert costs == sorted(costs)
    assert all(one["difference"] == one["cost"] - found["now"]["cost"] for one in found["alternatives"])


def test_every_alternative_can_be_moved_to_and_then_costs_what_was_said(desk: House) -> None:
    for one in others(desk, ids(series(desk, *STEADY))[2])["alternatives"][:4]:
        desk.rows("DELETE FROM claims RETURNING 1")
        booked = series(desk, *STEADY)
        asked = {name: one[name] for name in ("start_at", "therapist", "room")}
        assert desk.ask("POST", f"/sessions/{ids(booked)[2]}/move", asked).status_code == 200
        assert others(desk, ids(booked)[2])["now"]["cost"] == one["cost"]


def test_a_visits_own_time_does_not_stand_in_the_way_of_moving_it_by_a_quarter_hour(house: House) -> None:
    house.load(therapists=[therapist("amara")], rooms=[{"key": "willow", "name": "Willow"}])
    booked = series(house, "03-02 10:00")
    window = {"weekdays": [1], "from": "10:15", "to": "11:00"}
    found = others(house, ids(booked)[0], possible=[window], latest="2027-03-02")
    assert [local(one["start_at"]) for one in found["alternatives"]] == ["03-02 10:15"]


def test_a_time_that_somebody_else_has_is_no_alternative(desk: House) -> None:
    booked = series(desk, *STEADY)
    series(desk, "03-05 10:00", who=1)
    jonas = desk.get("/clinic")["therapists"][1]["id"]
    found = others(desk, ids(booked)[1], therapist=jonas, possible=[{"weekdays": [4], "from": "10:00", "to": "10:45"}])
    assert found["alternatives"] == []


def test_where_the_rhythm_leaves_no_place_the_gap_is_widened_and_it_is_said(desk: House) -> None:
    booked = series(desk, *STEADY)
    monday = [{"weekdays": [2], "from": "08:00", "to": "18:00"}]
    found = others(desk, ids(booked)[1], possible=monday)
    assert (found["in_rhythm"], {local(one["start_at"])[:5] for one in found["alternatives"]}) == (False, {"03-03"})


def test_where_there_is_no_place_at_all_it_is_said_what_would_have_to_give(desk: House) -> None:
    booked = series(desk, *STEADY)
    found = others(desk, ids(booked)[1], possible=[{"weekdays": [3], "from": "06:00", "to": "08:00"}])
    assert found["alternatives"] == []
    assert {"patient"} & {key for one in found["relaxations"] for key in one["change"]}
    assert all(one["within_order"] in (True, False) for one in found["relaxations"])


def test_an_order_that_asks_for_an_early_first_visit_binds_where_it_moves(desk: House) -> None:
    order = desk.order(start_by=date(2027, 3, 3))
    booked = series(desk, "03-02 10:00", "03-09 10:00", order=order)
    dates = {local(one["start_at"])[:5] for one in others(desk, ids(booked)[0])["alternatives"]}
    assert max(dates) == "03-03"


def test_a_visit_that_is_over_or_cancelled_has_no_alternatives(desk: House) -> None:
    booked = series(desk, *STEADY)
    cancel(desk, ids(booked)[1])
    answer = desk.ask("POST", f"/sessions/{ids(booked)[1]}/alternatives", {})
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "session_not_open")
    assert desk.ask("POST", f"/sessions/{uuid4()}/alternatives", {}).status_code == 404


def test_a_series_that_is_best_as_it_is_has_nothing_to_move(desk: House) -> None:
    order = desk.order(visits=4)
    plan = desk.plan(order).json or {}
    booked = desk.book(order, *plan["visits"]).json or {}
    said = proposal(desk, booked)
    assert (said["moves"], said["unplaced"], said["cost"]) == ([], [], said["cost_now"])
    assert said["cost"] == plan["cost"]


def test_a_visit_cancelled_in_time_gets_a_new_one_where_the_whole_series_is_best(desk: House) -> None:
    booked = series(desk, *STEADY)
    cancel(desk, ids(booked)[1])
    said = proposal(desk, booked, sessions=[])
    (move,) = said["moves"]
    assert (move["session_id"], move["now"], local(move["to"]["start_at"])) == (None, None, "03-05 10:00")
    answer = apply(desk, booked, said["moves"])
    assert answer.status_code == 200, answer.text
    standing = [one for one in answer.json["sessions"] if one["status"] != "cancelled"]
    assert sorted(local(one["starts_at"]) for one in standing) == list(STEADY)
    assert answer.json["ledger"]["reserved"] == 4
    assert proposal(desk, booked, sessions=[])["moves"] == []


def test_a_new_visit_comes_last_where_the_gaps_between_the_others_are_too_small(desk: House) -> None:
    booked = series(desk, "03-02 10:00", "03-04 10:00", "03-08 10:00", "03-11 10:00")
    (move,) = proposal(desk, booked, sessions=[], visits=1)["moves"]
    assert local(move["to"]["start_at"]) > "03-11"


def test_visits_from_a_date_on_are_planned_again_and_the_others_stay(desk: House) -> None:
    booked = series(desk, "03-02 10:00", "03-05 10:00", "03-11 16:00", "03-17 09:00")
    said = proposal(desk, booked, **{"from": "2027-03-08"})
    assert {one["session_id"] for one in said["moves"]} <= set(ids(booked)[2:])
    assert said["cost"] < said["cost_now"]
    assert apply(desk, booked, said["moves"]).status_code == 200
    assert proposal(desk, booked)["cost_now"] <= said["cost"]


def test_visits_that_move_keep_their_order_and_those_without_a_place_are_named(desk: House) -> None:
    booked = series(desk, *STEADY)
    said = proposal(desk, booked, sessions=ids(booked)[1:3], earliest="2027-03-04", latest="2027-03-04")
    assert [(one["number"], local(one["to"]["start_at"])) for one in said["moves"]] == [(2, "03-04 10:00")]
    assert said["unplaced"] == [ids(booked)[2]]
    assert apply(desk, booked, said["moves"]).status_code == 200


def test_dates_that_are_asked_for_bind_what_moves_and_not_what_stays(desk: House) -> None:
    booked = series(desk, *STEADY)
    free = others(desk, ids(booked)[0])["now"]["cost"]
    found = others(desk, ids(booked)[0], latest="2027-03-02")
    assert found["now"]["cost"] == free
    assert {local(one["start_at"])[:5] for one in found["alternatives"]} == {"03-01", "03-02"}


def test_without_a_therapist_the_others_are_asked(desk: House) -> None:
    booked = series(desk, *STEADY)
    amara, jonas = (one["id"] for one in desk.get("/clinic")["therapists"])
    said = proposal(desk, booked, sessions=ids(booked)[1:3], without_therapist=amara)
    assert [(local(one["to"]["start_at"]), one["to"]["therapist"]) for one in said["moves"]] == [
        ("03-05 10:00", jonas),
        ("03-08 10:00", jonas),
    ]


def test_a_proposal_changes_nothing(desk: House) -> None:
    booked = series(desk, *STEADY)
    before = (desk.rows("SELECT * FROM sessions ORDER BY id"), desk.count("outbox"), desk.count("audit"))
    proposal(desk, booked, sessions=ids(booked)[1:], visits=2)
    assert before == (desk.rows("SELECT * FROM sessions ORDER BY id"), desk.count("outbox"), desk.count("audit"))


def test_what_was_proposed_is_done_whole_or_not_at_all(desk: House) -> None:
    booked = series(desk, *STEADY)
    moves = [
        {"session_id": ids(booked)[2], "to": visit(desk, "03-08 10:00")},
        {"session_id": None, "to": visit(desk, "03-16 10:00")},
    ]
    series(desk, "03-16 10:30")
    before = desk.rows("SELECT id, version, starts_at FROM sessions ORDER BY id")
    answer = apply(desk, booked, moves)
    assert (answer.status_code, (answer.json or {})["code"]) == (409, "slot_taken")
    assert desk.rows("SELECT id, version, starts_at FROM sessions ORDER BY id") == before
    (taken,) = answer.json["errors"]["alternatives"]
    assert (taken["visit"], taken["session_id"]) == (2, None)
    moves[1]["to"] = {name: taken["instead"][0][name] for name in ("start_at", "therapist", "room")}
    assert apply(desk, booked, moves).status_code == 200


def test_two_visits_may_change_to_where_the_other_was_not_yet_gone(house: House) -> None:
    house.load(therapists=[therapist("amara")], rooms=[{"key": "willow", "name": "Willow"}])
    booked = series(house, "03-02 10:00", "03-05 10:00")
    moves = [
        {"session_id": ids(booked)[0], "to": visit(house, "03-05 10:15")},
        {"session_id": ids(booked)[1], "to": visit(house, "03-08 10:00")},
    ]
    assert apply(house, booked, moves).status_code == 200


def test_more_visits_than_the_order_covers_are_not_proposed(desk: House) -> None:
    booked = series(desk, *STEADY, order=desk.order(visits=5))
    answer = desk.ask("POST", f"/series/{booked['series_id']}/replan", {"visits": 2})
    assert answer.status_code == 422
    assert len(proposal(desk, booked, sessions=[], visits=1)["moves"]) == 1


def test_sessions_of_another_series_are_not_planned_again(desk: House) -> None:
    booked, other = series(desk, *STEADY), series(desk, "03-02 14:00")
    answer = desk.ask("POST", f"/series/{booked['series_id']}/replan", {"sessions": ids(other)})
    assert answer.status_code == 422
    twice = [{"session_id": ids(booked)[0], "to": visit(desk, "03-03 10:00")}] * 2
    assert apply(desk, booked, twice).status_code == 422


def test_a_proposal_is_for_the_desk_and_the_therapist_and_is_done_by_the_desk_alone(desk: House) -> None:
    booked = series(desk, *STEADY)
    path = f"/series/{booked['series_id']}/replan"
    assert desk.ask("POST", path, {}, role="therapist").status_code == 200
    assert desk.ask("POST", path, {}, role="physician").status_code == 403
    moves = {"moves": [{"session_id": None, "to": visit(desk, "03-16 10:00")}]}
    assert desk.ask("POST", f"{path}/apply", moves, role="therapist").status_code == 403


def test_wall_clock_time_is_kept_when_visits_move_across_the_clock_change(desk: House) -> None:
    booked = series(desk, "03-09 10:00", "03-12 10:00", "03-16 10:00")
    said = proposal(
        desk, booked, sessions=[ids(booked)[2]], possible=[{"weekdays": [0], "from": "10:00", "to": "10:45"}]
    )
    assert [local(one["to"]["start_at"]) for one in said["moves"]] == ["03-15 10:00"]
    assert datetime.fromisoformat(said["moves"][0]["to"]["start_at"]) == datetime.fromisoformat(at("03-15 10:00"))
