"""What is free: the desk asks before there is any plan."""

from datetime import datetime
from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist
from tests.booking.test_plans import statements
from tests.booking.test_series import visit

TUESDAY = "from=2027-03-02&to=2027-03-02"


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def days(house: House, query: str) -> list[dict[str, Any]]:
    return list(house.get(f"/slots?{query}")["days"])


def starts(house: House, query: str = f"{TUESDAY}&minutes=45") -> list[str]:
    return [one["start"] for day in days(house, query) for one in day["starts"]]


def test_a_free_day_has_a_start_every_quarter_hour_that_the_session_fits_into_the_hours(desk: House) -> None:
    free = starts(desk)
    assert (free[0], free[-1], len(free)) == ("09:00", "17:15", 28)
    assert "12:15" in free
    assert "12:30" not in free


def test_a_start_names_each_therapist_who_is_free_with_a_room(desk: House) -> None:
    amara, jonas = (one["id"] for one in desk.get("/clinic")["therapists"])
    (day,) = days(desk, f"{TUESDAY}&minutes=45")
    willow = desk.get("/clinic")["rooms"][0]["id"]
    assert day["starts"][0]["start_at"] == "2027-03-02T14:00:00+00:00"
    assert day["starts"][0]["therapists"] == [
        {"therapist": amara, "room": willow},
        {"therapist": jonas, "room": willow},
    ]


def test_a_booked_visit_takes_its_therapist_and_its_room_until_the_buffer_is_over(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-02 10:00", 0, 0))
    clinic = desk.get("/clinic")
    amara, jonas = (one["id"] for one in clinic["therapists"])
    maple = clinic["rooms"][1]["id"]
    (day,) = days(desk, f"{TUESDAY}&minutes=45")
    at_ten = {one["start"]: one["therapists"] for one in day["starts"]}
    assert at_ten["10:45"] == [{"therapist": jonas, "room": maple}]
    assert [one["therapist"] for one in at_ten["11:00"]] == [amara, jonas]


def test_only_one_therapist_can_be_asked_about(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-02 10:00"))
    amara = desk.get("/clinic")["therapists"][0]["id"]
    free = starts(desk, f"{TUESDAY}&minutes=45&therapist={amara}")
    assert {"09:00", "11:00"} <= set(free)
    assert not {"09:15", "09:30", "10:00", "10:45"} & set(free)


def test_at_a_patients_home_no_room_is_needed(house: House) -> None:
    house.load(rooms=[], therapists=[therapist("amara")])
    assert starts(house) == []
    (day,) = days(house, f"{TUESDAY}&minutes=45&home=true")
    assert {one["room"] for each in day["starts"] for one in each["therapists"]} == {None}


def test_what_is_past_is_not_free_and_closed_days_are_left_out(house: House) -> None:
    house.load(closures=[{"from": "2027-03-03", "to": "2027-03-03", "reason": "inventory"}])
    free = days(house, "from=2027-02-25&to=2027-03-04&minutes=30")
    assert [day["date"] for day in free] == ["2027-03-01", "2027-03-02", "2027-03-04"]
    house.move_to(datetime.fromisoformat(at("03-01 10:07")))
    assert days(house, "from=2027-03-01&to=2027-03-01&minutes=30")[0]["starts"][0]["start"] == "10:15"


@pytest.mark.parametrize("query", ["from=2027-03-02&to=2027-04-02", "from=2027-03-02&to=2027-03-01"])
def test_at_most_31_days_are_looked_at(desk: House, query: str) -> None:
    assert desk.ask("GET", f"/slots?{query}&minutes=45").status_code == 422
    assert len(days(desk, "from=2027-03-02&to=2027-04-01&minutes=45")) == 23


@pytest.mark.parametrize("minutes", ["0", "20", "-15", "x"])
def test_a_length_that_is_no_multiple_of_a_quarter_hour_is_refused(desk: House, minutes: str) -> None:
    assert desk.ask("GET", f"/slots?{TUESDAY}&minutes={minutes}").status_code == 422


def test_every_start_that_is_said_to_be_free_can_be_booked(desk: House) -> None:
    desk.book(desk.order(), visit(desk, "03-02 10:30"), visit(desk, "03-03 09:45", 1, 1))
    for one in days(desk, f"{TUESDAY}&minutes=45")[0]["starts"][::5]:
        wanted = {"start_at": one["start_at"], **one["therapists"][-1]}
        booked = desk.book(desk.order(), wanted)
        assert booked.status_code == 201
        desk.ask("POST", f"/sessions/{booked.json['sessions'][0]['id']}/cancel", {"by": "clinic", "reason": "other"})


def test_a_month_is_asked_for_in_three_queries(desk: House) -> None:
    with statements(desk) as said:
        days(desk, "from=2027-03-02&to=2027-04-01&minutes=45")
    assert len(said) <= 3


def test_the_morning_the_clocks_go_forward_has_its_wall_clock_hours(house: House) -> None:
    house.load(hours={"sunday": ["00:00-06:00"], "monday": ["09:00-12:00"]})
    free = starts(house, "from=2027-03-14&to=2027-03-14&minutes=15")
    assert "01:45" in free
    assert not [one for one in free if one.startswith("02")]
    assert len(free) == 20
