"""A therapist is away, or a room cannot be used: nobody is booked into it, and whom it hits comes another time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.contracts.booking import DeskAsked, SessionMoved
from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist
from tests.booking.test_plans import statements
from tests.booking.test_races import OVERLAPS, WAITING, codes, together
from tests.booking.test_replanning import STEADY, ids, local, others, series, shift
from tests.booking.test_series import visit

Json = dict[str, Any]


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def who(house: House, place: int = 0) -> int:
    return int(house.get("/clinic")["therapists"][place]["id"])


def away(house: House, begins: str, ends: str, reason: str = "vacation", **whom: int) -> Any:
    """From and to are dates of 2027, or wall-clock times on them; the first therapist's unless told otherwise."""
    asked = {"from": _said(begins), "to": _said(ends), "reason": reason}
    return house.ask("POST", "/absences", {**asked, **(whom or {"therapist": who(house)})})


def _said(when: str) -> str:
    return at(when) if " " in when else f"2027-{when}"


def entered(house: House, begins: str, ends: str, **whom: int) -> Json:
    answer = away(house, begins, ends, **whom)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def resolve(house: House, absence: Json, **chosen: Any) -> list[Json]:
    answer = house.ask("POST", f"/absences/{absence['id']}/replan", chosen)
    assert answer.status_code == 200, answer.text
    return list(answer.json or [])


def asked_of_the_desk(house: House) -> list[DeskAsked]:
    return [event for event in house.announced() if isinstance(event, DeskAsked)]


def test_an_absence_names_the_sessions_it_hits_and_where_each_series_could_go(desk: House) -> None:
    booked, spared = series(desk, *STEADY), series(desk, "03-05 14:00", who=1)
    absence = entered(desk, "03-05", "03-05")
    (hit,) = absence["hits"]
    assert (hit["series_id"], hit["sessions"]) == (booked["series_id"], [ids(booked)[1]])
    (move,) = hit["proposal"]["moves"]
    assert move["session_id"] == ids(booked)[1]
    assert (local(move["to"]["start_at"])[:5], move["to"]["therapist"]) == ("03-04", who(desk))
    assert spared["series_id"] not in str(absence["hits"])


def test_a_visit_goes_to_another_therapist_where_its_own_is_away_for_long(desk: House) -> None:
    series(desk, *STEADY)
    (hit,) = entered(desk, "03-02", "04-30")["hits"]
    moves = hit["proposal"]["moves"]
    assert [local(one["to"]["start_at"]) for one in moves] == list(STEADY)
    assert {one["to"]["therapist"] for one in moves} == {who(desk, 1)}


def test_dates_are_whole_days_of_the_clinic_and_the_last_one_is_included(desk: House) -> None:
    absence = entered(desk, "03-12", "03-14")
    assert (absence["from"], absence["to"]) == ("2027-03-12T05:00:00+00:00", "2027-03-15T04:00:00+00:00")


def test_an_absence_of_hours_hits_what_it_overlaps_and_not_what_it_touches(desk: House) -> None:
    before, during, after = (series(desk, f"03-05 {hour}") for hour in ("10:00", "11:30", "14:00"))
    absence = entered(desk, "03-05 11:00", "03-05 14:00")
    assert [hit["series_id"] for hit in absence["hits"]] == [during["series_id"]]
    assert entered(desk, "03-05 10:45", "03-05 11:00")["hits"] == []
    assert {before["series_id"], after["series_id"]}.isdisjoint(str(absence["hits"]))


def test_when_a_room_cannot_be_used_its_visits_get_another_room_at_the_same_time(desk: House) -> None:
    booked = series(desk, *STEADY)
    willow, maple = (one["id"] for one in desk.get("/clinic")["rooms"])
    absence = entered(desk, "03-05", "03-05", room=willow)
    (move,) = absence["hits"][0]["proposal"]["moves"]
    assert (move["to"]["start_at"], move["to"]["room"]) == (booked["sessions"][1]["starts_at"], maple)
    assert resolve(desk, absence)[0]["why"] is None
    assert desk.get(f"/sessions/{ids(booked)[1]}")["room"]["id"] == maple


def test_nobody_is_booked_into_an_absence_nor_planned_nor_moved_into_it(desk: House) -> None:
    booked = series(desk, "03-02 10:00")
    entered(desk, "03-05", "03-05")
    refused = desk.book(desk.order(), visit(desk, "03-05 10:00"))
    assert (refused.status_code, (refused.json or {})["code"]) == (409, "slot_taken")
    moved = desk.ask("POST", f"/sessions/{ids(booked)[0]}/move", visit(desk, "03-05 10:00"))
    assert (moved.status_code, (moved.json or {})["code"]) == (409, "slot_taken")
    free = desk.get(f"/slots?from=2027-03-05&to=2027-03-05&minutes=45&therapist={who(desk)}")
    assert free["days"] == []
    plan = desk.plan(desk.order(visits=1), earliest="2027-03-05", latest="2027-03-05").json or {}
    assert {one["therapist"] for one in plan["visits"]} == {who(desk, 1)}


def test_withdrawn_an_absence_holds_no_more_and_hits_nobody(desk: House) -> None:
    series(desk, *STEADY)
    absence = entered(desk, "03-04", "03-05")
    for _ in range(2):
        assert desk.ask("DELETE", f"/absences/{absence['id']}").status_code == 204
    assert desk.get(f"/absences/{absence['id']}")["hits"] == []
    assert desk.get("/absences") == []
    assert desk.book(desk.order(), visit(desk, "03-04 10:00")).status_code == 201


def test_absences_are_listed_until_they_are_over(desk: House) -> None:
    second, first = entered(desk, "03-09", "03-09"), entered(desk, "03-04", "03-04")
    assert [one["id"] for one in desk.get("/absences")] == [first["id"], second["id"]]
    desk.move_to(datetime.fromisoformat(at("03-05 00:00")))
    assert [one["id"] for one in desk.get("/absences")] == [second["id"]]


def test_the_desk_is_asked_once_and_only_when_somebody_is_hit(desk: House) -> None:
    entered(desk, "03-08", "03-08")
    assert asked_of_the_desk(desk) == []
    series(desk, *STEADY), series(desk, "03-05 14:00")
    absence = entered(desk, "03-05", "03-05")
    (asked,) = asked_of_the_desk(desk)
    assert (str(asked.task_id), asked.about, asked.patient_id) == (absence["id"], "absence", None)


def test_the_same_absence_entered_twice_is_one_until_it_is_withdrawn(desk: House) -> None:
    series(desk, *STEADY)
    first, again = (entered(desk, "03-05", "03-05") for _ in range(2))
    assert again["id"] == first["id"]
    assert len(desk.get("/absences")) == len(asked_of_the_desk(desk)) == 1
    assert entered(desk, "03-05", "03-06")["id"] != first["id"]
    desk.ask("DELETE", f"/absences/{first['id']}")
    assert entered(desk, "03-05", "03-05")["id"] != first["id"]


def test_what_is_still_hit_grows_less_as_visits_are_moved(desk: House) -> None:
    booked, other = series(desk, *STEADY), series(desk, "03-05 14:00")
    absence = entered(desk, "03-05", "03-05")
    shift(desk, ids(booked)[1], "03-04 10:00")
    assert [hit["series_id"] for hit in desk.get(f"/absences/{absence['id']}")["hits"]] == [other["series_id"]]


def test_all_that_an_absence_hits_is_moved_and_every_move_is_told_once(desk: House) -> None:
    several = [series(desk, *(day.replace("10:00", hour) for day in STEADY)) for hour in ("09:00", "10:00", "11:00")]
    absence = entered(desk, "03-04", "03-05")
    desk.rows("DELETE FROM outbox RETURNING 1")
    done = resolve(desk, absence)
    assert {one["series_id"] for one in done} == {one["series_id"] for one in several}
    assert all((len(one["moves"]), one["unplaced"], one["why"]) == (1, [], None) for one in done)
    moved = [event for event in desk.announced() if isinstance(event, SessionMoved)]
    assert {str(event.session_id) for event in moved} == {ids(one)[1] for one in several}
    assert len(moved) == 3
    assert desk.get(f"/absences/{absence['id']}")["hits"] == []
    assert desk.rows(OVERLAPS) == [(0,)]
    assert resolve(desk, absence) == []


def test_the_proposals_of_one_absence_do_not_want_the_same_time(house: House) -> None:
    house.load(therapists=[therapist("amara")], hours={"wednesday": ["09:00-10:00"]})
    for day in ("03-03", "03-10", "03-17"):
        series(house, f"{day} 09:00")
    absence = entered(house, "03-03", "03-17")
    wanted = [local(one["to"]["start_at"]) for hit in absence["hits"] for one in hit["proposal"]["moves"]]
    assert wanted == ["03-24 09:00", "03-31 09:00", "04-07 09:00"]


def test_only_the_chosen_series_are_moved(desk: House) -> None:
    booked, other = series(desk, *STEADY), series(desk, "03-05 14:00")
    absence = entered(desk, "03-05", "03-05")
    assert [one["series_id"] for one in resolve(desk, absence, series=[other["series_id"]])] == [other["series_id"]]
    assert [hit["series_id"] for hit in desk.get(f"/absences/{absence['id']}")["hits"]] == [booked["series_id"]]


def test_a_visit_without_any_place_stays_and_the_others_are_moved(house: House) -> None:
    house.load(therapists=[therapist("amara")])
    last = series(house, "03-03 10:00", order=house.order(valid_until=datetime(2027, 3, 4).date()))
    booked = series(house, "03-03 14:00", "03-09 10:00")
    done = {one["series_id"]: one for one in resolve(house, entered(house, "03-01", "03-04"))}
    stays, moved = done[last["series_id"]], done[booked["series_id"]]
    assert (stays["moves"], stays["unplaced"], stays["why"]) == ([], ids(last), "no_place")
    assert (len(moved["moves"]), moved["why"]) == (1, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "2027-03-01"},
        {"from": "2027-02-01", "to": "2027-02-02"},
        {"from": "2027-03-05T10:00:00"},
        {"from": "soon"},
        {"from": 5},
        {"to": "2031-01-01"},
        {"reason": "flu"},
        {"therapist": None},
        {"therapist": 0},
        {"room": 1},
        {"therapist": "1"},
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(desk: House, wrong: Json) -> None:
    asked = {"from": "2027-03-05", "to": "2027-03-06", "reason": "training", "therapist": who(desk), **wrong}
    assert desk.ask("POST", "/absences", asked).status_code == 422
    assert desk.count("absences") == 0


def test_an_absence_nobody_knows_is_not_found(desk: House) -> None:
    assert desk.ask("GET", f"/absences/{uuid4()}").status_code == 404
    assert desk.ask("DELETE", f"/absences/{uuid4()}").status_code == 404
    assert desk.ask("POST", f"/absences/{uuid4()}/replan", {}).status_code == 404


def test_a_room_is_no_therapist(desk: House) -> None:
    room = desk.get("/clinic")["rooms"][0]["id"]
    assert away(desk, "03-05", "03-05", therapist=room).status_code == 422


def test_a_booking_that_was_first_is_hit_and_one_that_is_later_is_refused_never_neither(desk: House) -> None:
    for _ in range(6):
        desk.rows("DELETE FROM claims RETURNING 1")
        desk.rows("DELETE FROM absences RETURNING 1")
        order, wanted = desk.order(), visit(desk, "03-05 10:00")
        booked, absence = together(
            [lambda order=order, wanted=wanted: desk.book(order, wanted), lambda: away(desk, "03-05", "03-05")]
        )
        hits = {hit["series_id"] for hit in absence.json["hits"]}
        if booked.status_code == 201:
            assert booked.json["series_id"] in hits
        else:
            assert codes([booked]) == {(409, "slot_taken"): 1}
        desk.rows("UPDATE sessions SET status = 'cancelled' RETURNING 1")


def test_an_absence_waits_for_a_booking_that_is_under_way_and_hits_it(desk: House) -> None:
    booked = series(desk, *STEADY)
    with ThreadPoolExecutor(1) as other_desk, desk.running.sessions.begin() as under_way:
        under_way.execute(text("SELECT pg_advisory_xact_lock(-:therapist)"), {"therapist": who(desk)})
        answer = other_desk.submit(away, desk, "03-05", "03-05")
        while desk.rows(WAITING) == [(0,)]:
            assert not answer.done()
        under_way.rollback()
        assert [hit["series_id"] for hit in answer.result(10).json["hits"]] == [booked["series_id"]]


def test_an_alternative_of_a_visit_that_is_hit_is_never_in_the_absence(desk: House) -> None:
    booked = series(desk, *STEADY)
    entered(desk, "03-04", "03-06")
    found = others(desk, ids(booked)[1], therapist=who(desk))["alternatives"]
    assert not {"03-04", "03-05", "03-06"} & {local(one["start_at"])[:5] for one in found}


def test_for_each_series_that_is_hit_two_more_queries_are_asked(desk: House) -> None:
    for hour in ("09:00", "10:00", "11:00", "14:00"):
        series(desk, f"03-05 {hour}", f"03-09 {hour}")
    morning, day = entered(desk, "03-05 08:00", "03-05 12:00"), entered(desk, "03-05", "03-05")
    with statements(desk) as three:
        assert len(desk.get(f"/absences/{morning['id']}")["hits"]) == 3
    with statements(desk) as four:
        assert len(desk.get(f"/absences/{day['id']}")["hits"]) == 4
    assert len(four) - len(three) == 2
