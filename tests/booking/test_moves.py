"""Visits get another time, therapist or room."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.booking.visits.bookable import Wanted
from services.booking.visits.move import move_all
from services.contracts.booking import SeriesChanged, SessionMoved
from tests.booking.conftest import House
from tests.booking.life import (
    DAYS,
    absent,
    act,
    booked,
    claims_are_right,
    done,
    facts,
    forget,
    ledger,
    refused,
    starts,
    told,
)
from tests.booking.practice_day import NEW_YORK, at, therapist
from tests.booking.test_plans import statements
from tests.booking.test_races import OVERLAPS, codes, together
from tests.booking.test_series import visit


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    forget(house)
    return house


def test_a_moved_visit_has_its_new_time_and_its_old_one_is_free(desk: House) -> None:
    series = booked(desk)
    answer = done(act(desk, series["ids"][1], "move", start_at=at("03-05 14:00")))
    assert (answer["starts_at"], answer["ends_at"]) == ("2027-03-05T19:00:00+00:00", "2027-03-05T19:45:00+00:00")
    assert (answer["status"], answer["version"], answer["number"]) == ("booked", 2, 2)
    assert [each["id"] for each in answer["sessions"]] == [series["ids"][1]]
    assert claims_are_right(desk)
    assert done(desk.book(desk.order(), visit(desk, "03-04 09:00")), 201)
    assert refused(desk.book(desk.order(), visit(desk, "03-05 14:00"))) == (409, "slot_taken")


def test_a_moved_visit_is_told_with_where_it_was_and_the_series_has_changed(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "move", start_at=at("03-05 14:00"))
    moved, changed = desk.announced()
    assert isinstance(moved, SessionMoved)
    assert (str(moved.session_id), moved.version, moved.by) == (series["ids"][1], 2, "clinic")
    assert moved.moved_from == datetime(2027, 3, 4, 9, tzinfo=NEW_YORK)
    assert (moved.timezone, moved.address) == ("America/New_York", "48 Riverbend Lane, Beacon")
    assert isinstance(changed, SeriesChanged)
    assert (changed.version, changed.visits) == (2, 3)
    assert desk.rows("SELECT act, object_id FROM audit") == [("session_moved", series["ids"][1])]
    assert desk.rows("SELECT sequence FROM sessions ORDER BY number") == [(0,), (1,), (0,)]


def test_a_moved_visit_uses_no_other_visit_of_the_order(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "move", start_at=at("03-05 14:00"))
    assert ledger(desk, series["order_id"]) == (3, 0, 0, 3)


def test_a_freed_time_is_noted_for_whoever_waits(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "move", start_at=at("03-05 14:00"))
    assert desk.rows("SELECT lower(during), status FROM freed") == [(datetime(2027, 3, 4, 9, tzinfo=NEW_YORK), "open")]


def test_a_confirmed_visit_that_is_moved_has_to_be_confirmed_again(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "confirm")
    answer = done(act(desk, series["ids"][1], "move", start_at=at("03-05 14:00")))
    assert (answer["status"], answer["version"]) == ("booked", 3)


def test_moving_a_visit_to_where_it_is_changes_and_tells_nothing(desk: House) -> None:
    series = booked(desk)
    for _ in range(2):
        answer = done(act(desk, series["ids"][1], "move", start_at=at("03-05 14:00")))
        assert answer["version"] == 2
    assert told(desk) == ["SessionMoved", "SeriesChanged"]
    assert desk.count("audit") == 1


def test_only_what_is_said_changes(desk: House) -> None:
    series = booked(desk)
    jonas = visit(desk, "03-04 09:00", 1, 1)
    answer = done(act(desk, series["ids"][1], "move", therapist=jonas["therapist"]))
    assert (answer["therapist"]["name"], answer["room"]["name"]) == ("Jonas", "Willow")
    assert answer["starts_at"] == series["sessions"][1]["starts_at"]
    answer = done(act(desk, series["ids"][1], "move", room=jonas["room"]))
    assert (answer["therapist"]["name"], answer["room"]["name"]) == ("Jonas", "Maple")
    assert claims_are_right(desk)


def test_a_visit_can_be_moved_onto_part_of_its_own_time(desk: House) -> None:
    series = booked(desk)
    done(act(desk, series["ids"][1], "move", start_at=at("03-04 09:30")))
    assert starts(desk, series["series_id"])[1] == "03-04 09:30"


def test_this_and_following_visits_move_by_the_same_days_and_hours(desk: House) -> None:
    series = booked(desk)
    answer = done(act(desk, series["ids"][1], "move", start_at=at("03-05 10:15"), scope="following"))
    assert starts(desk, series["series_id"]) == ["03-02 09:00", "03-05 10:15", "03-10 10:15"]
    assert [each["number"] for each in answer["sessions"]] == [2, 3]
    assert told(desk) == ["SessionMoved", "SessionMoved", "SeriesChanged"]
    assert claims_are_right(desk)


def test_all_visits_move_by_the_same_days_and_hours(desk: House) -> None:
    series = booked(desk)
    done(act(desk, series["ids"][1], "move", start_at=at("03-05 10:15"), scope="all"))
    assert starts(desk, series["series_id"]) == ["03-03 10:15", "03-05 10:15", "03-10 10:15"]


def test_moved_visits_keep_the_hour_of_the_clock_when_the_clocks_change(desk: House) -> None:
    series = booked(desk, "03-09 09:00", "03-11 09:00", "03-16 09:00")
    done(act(desk, series["ids"][0], "move", start_at=at("03-10 10:00"), scope="all"))
    assert starts(desk, series["series_id"]) == ["03-10 10:00", "03-12 10:00", "03-17 10:00"]
    assert [str(start) for (start,) in desk.rows("SELECT starts_at FROM sessions ORDER BY number")] == [
        "2027-03-10 15:00:00+00:00",
        "2027-03-12 15:00:00+00:00",
        "2027-03-17 14:00:00+00:00",
    ]


def test_visits_that_follow_each_keep_their_therapist_unless_another_one_is_said(desk: House) -> None:
    order_id = desk.order()
    days = [visit(desk, "03-02 09:00"), visit(desk, "03-04 09:00", 1, 1), visit(desk, "03-09 09:00")]
    sessions = done(desk.book(order_id, *days), 201)["sessions"]
    moved = done(act(desk, sessions[0]["id"], "move", start_at=at("03-03 10:00"), scope="all"))["sessions"]
    assert [each["therapist"]["name"] for each in moved] == ["Amara", "Jonas", "Amara"]
    jonas = days[1]["therapist"]
    moved = done(act(desk, sessions[0]["id"], "move", therapist=jonas, scope="all"))["sessions"]
    assert [each["therapist"]["name"] for each in moved] == ["Jonas", "Jonas", "Jonas"]
    assert claims_are_right(desk)


def test_a_move_of_many_visits_is_whole_or_nothing(desk: House) -> None:
    series = booked(desk)
    booked(desk, "03-10 10:00")
    answer = act(desk, series["ids"][0], "move", start_at=at("03-03 10:00"), scope="all")
    assert refused(answer) == (409, "slot_taken")
    assert starts(desk, series["series_id"]) == list(DAYS)
    assert (told(desk), desk.count("audit")) == ([], 0)
    assert claims_are_right(desk)


def test_a_move_to_a_taken_time_says_what_could_be_had_between_the_neighbours(desk: House) -> None:
    series = booked(desk)
    booked(desk, "03-05 14:00")
    answer = act(desk, series["ids"][1], "move", start_at=at("03-05 14:00"))
    assert refused(answer) == (409, "slot_taken")
    (taken,) = facts(answer)["alternatives"]
    assert (taken["visit"], taken["session_id"]) == (2, series["ids"][1])
    assert 1 <= len(taken["instead"]) <= 5
    assert all("2027-03-02" < one["date"] < "2027-03-09" for one in taken["instead"])
    best = {name: taken["instead"][0][name] for name in ("start_at", "therapist", "room")}
    done(act(desk, series["ids"][1], "move", **best))
    assert claims_are_right(desk)


def test_nobody_is_moved_into_an_absence(desk: House) -> None:
    series = booked(desk)
    absent(desk, visit(desk, "03-05 09:00")["therapist"], at("03-05 00:00"), at("03-06 00:00"))
    answer = act(desk, series["ids"][1], "move", start_at=at("03-05 14:00"))
    assert refused(answer) == (409, "slot_taken")
    assert facts(answer)["alternatives"][0]["instead"]
    done(act(desk, series["ids"][1], "move", start_at=at("03-04 15:00")))


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        ("03-06 10:00", "outside the therapist's hours"),
        ("03-04 12:30", "outside the therapist's hours"),
        ("03-01 07:00", "still to come"),
        ("03-05 09:05", "quarter-hour"),
        ("05-17 09:00", "not valid on that day"),
        ("03-09 15:00", "One visit a day"),
        ("03-11 09:00", "order of time"),
        ("03-01 15:00", "order of time"),
    ],
)
def test_a_visit_is_moved_only_to_where_it_could_be_booked(desk: House, when: str, hint: str) -> None:
    series = booked(desk)
    answer = act(desk, series["ids"][1], "move", start_at=at(when))
    assert refused(answer) == (422, "invalid")
    assert hint in str(facts(answer)["start_at"])
    assert starts(desk, series["series_id"]) == list(DAYS)


def test_visits_that_cannot_be_moved_together_are_each_told_why(desk: House) -> None:
    series = booked(desk)
    answer = act(desk, series["ids"][0], "move", start_at=at("03-04 09:00"), scope="all")
    assert refused(answer) == (422, "invalid")
    assert set(facts(answer)["visits"]) == {series["ids"][1]}, "Thursday becomes a Saturday"


def test_the_first_visit_is_not_moved_beyond_the_date_that_the_order_asks_for(desk: House) -> None:
    series = booked(desk, "03-02 09:00", "03-09 09:00", start_by=date(2027, 3, 4))
    assert refused(act(desk, series["ids"][0], "move", start_at=at("03-05 09:00"))) == (422, "invalid")
    done(act(desk, series["ids"][0], "move", start_at=at("03-04 09:00")))


def test_a_therapist_who_may_not_treat_gets_no_visit_by_a_move(house: House) -> None:
    house.load(therapists=[therapist("amara"), therapist("jonas", techniques=["sports"])])
    series = booked(house, techniques=("swedish",))
    answer = act(house, series["ids"][1], "move", therapist=visit(house, "03-04 09:00", 1)["therapist"])
    assert (refused(answer), set(facts(answer))) == ((422, "invalid"), {"therapist"})


def test_a_move_must_say_what_shall_be_different(desk: House) -> None:
    series = booked(desk)
    assert act(desk, series["ids"][1], "move", scope="all").status_code == 422


def test_what_is_over_or_cancelled_is_not_moved(desk: House) -> None:
    series = booked(desk)
    act(desk, series["ids"][1], "cancel", by="clinic")
    assert refused(act(desk, series["ids"][1], "move", start_at=at("03-05 09:00"))) == (409, "session_not_open")


def test_once_a_visit_has_begun_only_the_clinic_moves_it(desk: House) -> None:
    series = booked(desk)
    desk.move_to(datetime(2027, 3, 2, 9, 10, tzinfo=NEW_YORK))
    patient = act(desk, series["ids"][0], "move", start_at=at("03-03 09:00"), by="patient")
    assert refused(patient) == (409, "session_begun")
    done(act(desk, series["ids"][0], "move", start_at=at("03-03 09:00")))


def test_an_unknown_session_is_not_moved(desk: House) -> None:
    assert act(desk, str(uuid4()), "move", start_at=at("03-03 09:00")).status_code == 404


def test_only_the_desk_moves(desk: House) -> None:
    series = booked(desk)
    for role in ("therapist", "physician", "service"):
        answer = act(desk, series["ids"][0], "move", role=role, start_at=at("03-03 09:00"))
        assert refused(answer) == (403, "forbidden")


def test_whoever_has_seen_an_older_version_is_told_the_current_one(desk: House) -> None:
    series = booked(desk)
    session_id = series["ids"][1]
    assert desk.ask("GET", f"/sessions/{session_id}").headers["ETag"] == '"1"'
    answer = act(desk, session_id, "move", seen='"1"', start_at=at("03-05 09:00"))
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    stale = act(desk, session_id, "move", seen='"1"', start_at=at("03-05 10:00"))
    assert (refused(stale), facts(stale)) == ((412, "stale_version"), {"version": 2})
    for odd in ("2", '"2"', "*"):
        assert act(desk, session_id, "move", seen=odd, start_at=at("03-05 09:00")).status_code == 200
    for odd in ('W/"2"', '"two"', '"²"', '"99999999999999999999"'):
        assert refused(act(desk, session_id, "confirm", seen=odd)) == (412, "stale_version")


def test_visits_of_a_series_change_places_in_one_move(desk: House) -> None:
    """Each goes where another one of the same therapist was: all is given back before any is claimed."""
    series = booked(desk)
    amara = visit(desk, "03-02 09:00")
    days = [datetime.fromisoformat(at(f"{day} 09:00")) for day in ("03-03", "03-09", "03-11")]
    wanted = [Wanted(day, amara["therapist"], amara["room"]) for day in days]
    with desk.running.sessions.begin() as session:
        moves = list(zip(map(UUID, series["ids"]), wanted, strict=True))
        move_all(session, desk.running.outbox, UUID(series["series_id"]), moves, by="clinic")
    assert starts(desk, series["series_id"]) == ["03-03 09:00", "03-09 09:00", "03-11 09:00"]
    assert claims_are_right(desk)


def test_of_two_moves_into_one_time_one_gets_it(desk: House) -> None:
    one, other = booked(desk), booked(desk, "03-02 14:00", "03-04 14:00", "03-09 14:00")
    answers = together(
        [lambda id_=series["ids"][1]: act(desk, id_, "move", start_at=at("03-05 10:00")) for series in (one, other)]
    )
    assert codes(answers) == {(200, None): 1, (409, "slot_taken"): 1}
    assert claims_are_right(desk)


def test_two_visits_that_swap_their_times_at_once_never_overlap_and_never_deadlock(desk: House) -> None:
    one = booked(desk, "03-04 09:00")
    other = booked(desk, "03-04 15:00")
    for _ in range(5):
        answers = together(
            [
                lambda: act(desk, one["ids"][0], "move", start_at=at("03-04 15:00")),
                lambda: act(desk, other["ids"][0], "move", start_at=at("03-04 09:00")),
            ]
        )
        assert codes(answers) == {(409, "slot_taken"): 2}
        assert desk.rows(OVERLAPS) == [(0,)]
        assert claims_are_right(desk)


def test_of_a_cancellation_and_a_move_at_once_the_visit_ends_cancelled_or_nothing_is_lost(desk: House) -> None:
    for day in ("03-03", "03-04", "03-05", "03-08", "03-09"):
        series = booked(desk, f"{day} 09:00", visits=2)
        (session_id,) = series["ids"]
        acts: list[Callable[[], Any]] = [
            lambda id_=session_id: act(desk, id_, "cancel", by="clinic"),
            lambda id_=session_id, day=day: act(desk, id_, "move", start_at=at(f"{day} 15:00")),
        ]
        found = codes(together(acts))
        assert found[(200, None)] + found[(409, "session_not_open")] == 2
        assert ledger(desk, series["order_id"]) == (0, 0, 0, 2)
        assert claims_are_right(desk)


def test_one_move_asked_for_many_times_at_once_is_one_move(desk: House) -> None:
    series = booked(desk)
    answers = together([lambda: act(desk, series["ids"][1], "move", start_at=at("03-05 10:00"))] * 6)
    assert codes(answers) == {(200, None): 6}
    assert {(answer.json or {})["version"] for answer in answers} == {2}
    assert told(desk) == ["SessionMoved", "SeriesChanged"]


def test_a_move_asks_the_database_no_more_for_more_visits(desk: House) -> None:
    few = booked(desk, "03-02 09:00", "03-04 09:00")
    many = booked(desk, "03-02 15:00", "03-04 15:00", "03-09 15:00", "03-11 15:00", "03-16 15:00")
    counts = []
    for series, day in ((few, "03-03 11:00"), (many, "03-03 14:00")):
        with statements(desk) as said:
            done(act(desk, series["ids"][0], "move", start_at=at(day), scope="all"))
        counts.append(len([one for one in said if not one.startswith("UPDATE sessions")]))
    assert counts[0] == counts[1] <= 14
