"""A series gets more visits."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from services.contracts.booking import SeriesChanged, SessionBooked
from tests.booking.conftest import House
from tests.booking.life import act, booked, claims_are_right, done, facts, forget, ledger, refused, starts, told
from tests.booking.test_races import codes, together
from tests.booking.test_series import visit


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    forget(house)
    return house


def extend(house: House, series_id: str, *visits: dict[str, Any], key: str | None = None) -> TestResponse:
    return house.ask("POST", f"/series/{series_id}/visits", {"visits": visits}, key=key or str(uuid4()))


def test_more_visits_follow_those_that_the_series_has(desk: House) -> None:
    series = booked(desk)
    answer = done(extend(desk, series["series_id"], visit(desk, "03-11 09:00"), visit(desk, "03-16 09:00")), 201)
    assert [(each["number"], each["status"], each["version"]) for each in answer["sessions"]] == [
        (4, "booked", 1),
        (5, "booked", 1),
    ]
    assert answer["sessions"][0]["therapist"]["name"] == "Amara"
    assert answer["ledger"]["remaining"] == 1
    first, second, changed = desk.announced()
    assert isinstance(first, SessionBooked)
    assert (first.number, first.of, second.number) == (4, 5, 5)
    assert isinstance(changed, SeriesChanged)
    assert changed.visits == 5
    assert ledger(desk, series["order_id"]) == (5, 0, 0, 1)
    assert claims_are_right(desk)


def test_new_visits_take_the_numbers_of_cancelled_ones_first_in_order_of_time(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    answer = done(extend(desk, series["series_id"], visit(desk, "03-05 09:00"), visit(desk, "03-11 09:00")), 201)
    assert [(each["number"], each["starts_at"][5:10]) for each in answer["sessions"]] == [(2, "03-05"), (4, "03-11")]
    assert starts(desk, series["series_id"]) == ["03-02 09:00", "03-05 09:00", "03-09 09:00", "03-11 09:00"]


def test_a_restored_visit_whose_number_was_given_away_takes_the_next_one(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    extend(desk, series["series_id"], visit(desk, "03-05 09:00"))
    answer = done(act(desk, series["ids"][1], "restore"))
    assert (answer["number"], answer["starts_at"][5:10]) == (4, "03-04")
    assert desk.get(f"/series/{series['series_id']}")["visits"] == 4


def test_visits_that_are_out_of_order_may_be_moved_and_stay_so(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][0], "cancel", by="clinic")
    last = done(extend(desk, series["series_id"], visit(desk, "03-16 09:00")), 201)["sessions"][0]
    assert last["number"] == 1
    done(act(desk, last["id"], "move", start_at=visit(desk, "03-18 09:00")["start_at"]))
    done(act(desk, series["ids"][2], "move", start_at=visit(desk, "03-10 09:00")["start_at"]))


def test_a_series_gets_no_more_visits_than_the_order_grants(desk: House) -> None:
    series = booked(desk, visits=3)
    answer = extend(desk, series["series_id"], visit(desk, "03-11 09:00"))
    assert refused(answer) == (409, "no_visits_left")
    assert facts(answer)["ledger"]["remaining"] == 0


def test_a_visit_on_the_day_of_another_one_is_not_added(desk: House) -> None:
    series = booked(desk)
    answer = extend(desk, series["series_id"], visit(desk, "03-03 09:00"), visit(desk, "03-04 15:00"))
    assert refused(answer) == (422, "invalid")
    assert facts(answer) == {"visits": {"1": {"start_at": ["One visit a day: choose another day."]}}}


def test_new_visits_are_asked_for_in_order_of_time(desk: House) -> None:
    series = booked(desk)
    answer = extend(desk, series["series_id"], visit(desk, "03-16 09:00"), visit(desk, "03-11 09:00"))
    assert (answer.status_code, set(facts(answer))) == (422, {"visits"})


def test_a_new_visit_follows_the_rules_of_a_booking(desk: House) -> None:
    series = booked(desk)
    answer = extend(desk, series["series_id"], visit(desk, "03-13 09:00"))
    assert (refused(answer), set(facts(answer)["visits"]["0"])) == ((422, "invalid"), {"start_at"})


def test_a_taken_time_is_refused_with_alternatives_that_can_be_booked(desk: House) -> None:
    series = booked(desk)
    booked(desk, "03-11 09:00")
    answer = extend(desk, series["series_id"], visit(desk, "03-11 09:00"))
    assert refused(answer) == (409, "slot_taken")
    (taken,) = facts(answer)["alternatives"]
    assert taken["visit"] == 1
    best = {name: taken["instead"][0][name] for name in ("start_at", "therapist", "room")}
    done(extend(desk, series["series_id"], best), 201)
    assert told(desk) == ["SessionBooked", "SeriesChanged"]


def test_a_series_that_was_cancelled_is_open_again_with_a_new_visit(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][0], "cancel", by="clinic", scope="all")
    assert desk.get(f"/series/{series['series_id']}")["cancelled_at"]
    answer = done(extend(desk, series["series_id"], visit(desk, "03-11 09:00")), 201)
    assert answer["sessions"][0]["number"] == 1
    assert desk.get(f"/series/{series['series_id']}")["cancelled_at"] is None


def test_the_same_request_twice_adds_once(desk: House) -> None:
    series, wanted = booked(desk), visit(desk, "03-11 09:00")
    first = extend(desk, series["series_id"], wanted, key="a-key")
    again = extend(desk, series["series_id"], wanted, key="a-key")
    assert (again.status_code, again.json) == (201, first.json)
    assert desk.count("sessions") == 4
    other = booked(desk, "03-02 15:00")
    assert refused(extend(desk, other["series_id"], wanted, key="a-key")) == (422, "idempotency_key_reused")


def test_what_is_only_held_is_not_extended(desk: House) -> None:
    body = {"order_id": desk.order(), "visits": [visit(desk, "03-02 09:00")]}
    held = done(desk.ask("POST", "/holds", body, key="k"), 201)
    assert refused(extend(desk, held["hold_id"], visit(desk, "03-04 09:00"))) == (409, "series_held")


def test_only_the_desk_extends_a_series_that_there_is(desk: House) -> None:
    series, wanted = booked(desk), visit(desk, "03-11 09:00")
    path, body = f"/series/{series['series_id']}/visits", {"visits": [wanted]}
    for role in ("therapist", "physician", "service"):
        assert desk.ask("POST", path, body, role=role, key="k").status_code == 403
    assert refused(extend(desk, str(uuid4()), wanted)) == (404, "not_found")


def test_of_two_visits_added_at_once_with_one_left_one_is(desk: House) -> None:
    series = booked(desk, visits=4)
    wanted = [visit(desk, "03-11 09:00"), visit(desk, "03-16 09:00", 1, 1)]
    answers = together([lambda one=one: extend(desk, series["series_id"], one) for one in wanted])
    assert codes(answers) == {(201, None): 1, (409, "no_visits_left"): 1}
    assert claims_are_right(desk)
