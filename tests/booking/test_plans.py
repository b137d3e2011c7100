"""The best series that can be booked, from the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from services.chassis.ids import new_id
from tests.booking.conftest import House
from tests.booking.practice_day import MONDAY, NEW_YORK, at, therapist


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(house.running.engine, "before_cursor_execute", listen)
    yield said
    event.remove(house.running.engine, "before_cursor_execute", listen)


def planned(house: House, order_id: str, **wish: Any) -> dict[str, Any]:
    answer = house.plan(order_id, **wish)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_a_plan_has_every_visit_the_order_grants(house: House) -> None:
    house.load()
    plan = planned(house, house.order(visits=8))
    assert plan["feasible"]
    assert len(plan["visits"]) == len(plan["alternatives"]) == 8
    assert all(visit["date"] <= "2027-05-15" for visit in plan["visits"])


def test_a_plan_can_be_booked_as_it_came(house: House) -> None:
    house.load()
    order_id = house.order()
    plan = planned(house, order_id)
    assert house.book(order_id, *plan["visits"]).status_code == 201


def test_what_is_booked_is_not_planned_again(house: House) -> None:
    house.load(therapists=[therapist("amara")], rooms=[{"key": "willow", "name": "Willow"}])
    for _ in range(10):
        order_id = house.order()
        plan = planned(house, order_id)
        booked = house.book(order_id, *plan["visits"])
        assert booked.status_code == 201, booked.text


def test_the_time_of_a_hold_that_is_over_is_planned_again(house: House) -> None:
    house.load(therapists=[therapist("amara", hours={"tuesday": ["09:00-10:00"]})])
    order_id, other = house.order(visits=1), house.order(visits=1)
    wanted = planned(house, order_id, latest="2027-03-02")["visits"]
    held = house.ask("POST", "/holds", {"order_id": order_id, "visits": wanted}, key="one")
    assert held.status_code == 201, held.text
    assert planned(house, other, latest="2027-03-02")["visits"] == []
    house.move_to(MONDAY + timedelta(minutes=11))
    assert planned(house, other, latest="2027-03-02")["visits"] == wanted


def test_the_buffer_after_a_visit_is_kept_free(house: House) -> None:
    house.load(
        therapists=[therapist("amara", buffer_minutes=30, hours={"tuesday": ["09:00-11:00"]})],
    )
    one = {"start_at": at("03-02 09:00"), "therapist": therapist_id(house), "room": room_id(house)}
    assert house.book(house.order(), one).status_code == 201
    plan = planned(house, house.order(visits=1), latest="2027-03-02")
    assert [visit["start"] for visit in plan["visits"]] == ["10:15"]


def test_a_plan_begins_after_the_present_moment(house: House) -> None:
    house.load()
    house.move_to(datetime(2027, 3, 1, 10, 0, tzinfo=NEW_YORK))
    plan = planned(house, house.order(visits=1))
    assert plan["visits"][0]["start_at"] == "2027-03-01T15:15:00Z"


def test_wishes_are_followed(house: House) -> None:
    loaded = house.load()
    jonas = loaded["therapists"][1]["id"]
    plan = planned(
        house,
        house.order(),
        visits=3,
        earliest="2027-03-08",
        therapist=jonas,
        possible=[{"weekdays": [1, 3], "from": "15:00", "to": "18:00"}],
        gap_days={"min": 2, "max": 7},
        alternatives=2,
    )
    assert [visit["date"] for visit in plan["visits"]] == ["2027-03-09", "2027-03-11", "2027-03-16"]
    assert {visit["therapist"] for visit in plan["visits"]} == {jonas}
    assert {visit["start"] for visit in plan["visits"]} <= {"15:00", "15:15", "17:00", "17:15"}
    assert {len(ranked) for ranked in plan["alternatives"]} == {2}


def test_what_does_not_fit_says_how_many_do_and_what_would_help(house: House) -> None:
    house.load()
    plan = planned(house, house.order(visits=8), latest="2027-03-12")
    assert not plan["feasible"]
    assert plan["forecast"]["visits"] == 6
    later = next(one for one in plan["relaxations"] if "latest" in one["change"])
    assert (later["within_order"], later["visits"] > 6) == (True, True)


def test_a_relaxation_that_only_the_physician_can_grant_says_so(house: House) -> None:
    house.load()
    plan = planned(house, house.order(visits=8, valid_until=date(2027, 3, 12)))
    later = next(one for one in plan["relaxations"] if "latest" in one["change"])
    assert later["within_order"] is False


def test_when_nobody_may_treat_the_plan_says_that_none_fits(house: House) -> None:
    house.load()
    plan = planned(house, house.order(techniques=("craniosacral",)))
    assert (plan["feasible"], plan["forecast"]["visits"], plan["visits"]) == (False, 0, [])


def test_a_series_keeps_its_hour_when_the_clocks_go_forward(house: House) -> None:
    house.load(hours={"tuesday": ["15:00-15:45"], "thursday": ["15:00-15:45"]})
    order_id = house.order(visits=4)
    plan = planned(house, order_id, earliest="2027-03-09")
    booked = house.book(order_id, *plan["visits"])
    days = [house.get(f"/sessions?day={visit['date']}")[0] for visit in plan["visits"]]
    assert {day["local_start"] for day in days} == {"15:00"}
    assert [each["starts_at"][11:16] for each in (booked.json or {})["sessions"]] == [
        "20:00",
        "20:00",
        "19:00",
        "19:00",
    ]


def test_planning_asks_the_database_five_times(house: House) -> None:
    house.load()
    order_id = house.order()
    with statements(house) as said:
        planned(house, order_id)
    assert len(said) == 5


def test_a_plan_is_refused_when_the_order_has_no_visits_left(house: House) -> None:
    house.load()
    order_id = house.order(visits=2)
    house.book(order_id, *planned(house, order_id)["visits"])
    answer = house.plan(order_id)
    assert (answer.status_code, answer.json["code"]) == (409, "no_visits_left")
    assert answer.json["errors"]["ledger"]["remaining"] == 0


def test_a_plan_is_refused_when_the_order_is_not_valid_any_more(house: House) -> None:
    house.load()
    answer = house.plan(house.order(valid_until=date(2027, 2, 28)))
    assert (answer.status_code, answer.json["code"]) == (409, "order_expired")


def test_a_plan_is_refused_when_the_first_visit_should_have_been_before_today(house: House) -> None:
    house.load()
    answer = house.plan(house.order(start_by=date(2027, 2, 28)))
    assert (answer.status_code, answer.json["code"]) == (409, "order_expired")


def test_nothing_is_planned_without_a_clinic(house: House) -> None:
    answer = house.plan(house.order())
    assert (answer.status_code, answer.json["code"]) == (409, "no_clinic")


def test_an_unknown_order_is_not_found(house: House) -> None:
    house.load()
    assert house.plan(str(new_id())).status_code == 404


def test_wishes_that_make_no_sense_are_shown_at_their_field(house: House) -> None:
    house.load()
    order_id = house.order()

    def fields(**wish: Any) -> set[str]:
        answer = house.plan(order_id, **wish)
        assert answer.status_code == 422, answer.text
        return set(answer.json["errors"])

    assert fields(gap_days={"min": 0, "max": 6}) == {"gap_days"}
    assert fields(gap_days={"min": 6, "max": 2}) == {"gap_days.max"}
    assert fields(earliest="2027-05-01", latest="2027-04-01") == {"latest"}
    assert fields(therapist=999_999) == {"therapist"}
    assert fields(possible=[{"weekdays": [7], "from": "08:00", "to": "18:00"}]) == {"possible"}
    assert fields(possible=[{"weekdays": [1], "from": "8", "to": "18:00"}]) == {"possible"}


def therapist_id(house: House) -> int:
    return int(house.get("/clinic")["therapists"][0]["id"])


def room_id(house: House) -> int:
    return int(house.get("/clinic")["rooms"][0]["id"])


@pytest.mark.parametrize("end", [date(2127, 1, 1), date(9999, 12, 31)])
def test_an_order_without_a_near_end_is_planned_within_three_years(house: House, end: date) -> None:
    house.load()
    assert planned(house, house.order(valid_until=end))["feasible"]
