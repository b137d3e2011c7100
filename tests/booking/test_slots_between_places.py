"""Free times where a therapist also has visits elsewhere: what is shown can be reached, and so booked."""

from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist
from tests.booking.test_locations import location, two

TUESDAY = "from=2027-03-02&to=2027-03-02&minutes=45"
PLACES = {"beacon": [41.5048, -73.9696], "danbury": [41.3948, -73.4540]}


@pytest.fixture
def ids(house: House) -> dict[str, int]:
    """Amara is in Danbury in the morning and in Beacon, 44 km away, in the afternoon."""
    amara = therapist("amara", hours={"tuesday": ["13:00-17:00"]}, hours_at={"danbury": {"tuesday": ["09:00-13:00"]}})
    places = [location(key, position=position) for key, position in PLACES.items()]
    return two(house, places[1], therapists=[amara], locations=places)


def starts(house: House, query: str) -> list[dict[str, Any]]:
    return [start for day in house.get(f"/slots?{TUESDAY}&{query}")["days"] for start in day["starts"]]


def test_the_way_from_another_location_is_not_free(house: House, ids: dict[str, int]) -> None:
    first = {"start_at": at("03-02 13:00"), "therapist": ids["amara"], "room": ids["willow"]}
    assert house.book(house.order(), first).status_code == 201
    shown = starts(house, f"location={ids['danbury']}")
    assert (shown[0]["start"], shown[-1]["start"]) == ("09:00", "10:45")
    last = {"start_at": shown[-1]["start_at"], **shown[-1]["therapists"][0]}
    assert house.book(house.order(), last).status_code == 201


def test_each_location_shows_its_own_hours_and_rooms(house: House, ids: dict[str, int]) -> None:
    for place, room, first in (("beacon", "willow", "13:00"), ("danbury", "maple", "09:00")):
        shown = starts(house, f"location={ids[place]}")
        assert shown[0]["start"] == first
        assert {one["room"] for each in shown for one in each["therapists"]} == {ids[room]}


def test_the_way_to_and_from_a_home_is_not_free(house: House) -> None:
    house.load(therapists=[therapist("amara", home_visits=True)], policy={"travel_minutes": 30})
    (amara,) = (one["id"] for one in house.get("/clinic")["therapists"])
    at_home = {"start_at": at("03-02 10:30"), "therapist": amara, "room": None}
    assert house.book(house.order(home_visit=True), at_home).status_code == 201
    shown = starts(house, "")
    assert [one["start"] for one in shown][:2] == ["09:00", "12:00"]
    for one in shown[::6]:
        order_id = house.order(visits=1)
        answer = house.book(order_id, {"start_at": one["start_at"], **one["therapists"][0]})
        assert answer.status_code == 201, one["start"]
        session = answer.json["sessions"][0]["id"]
        house.ask("POST", f"/sessions/{session}/cancel", {"by": "clinic", "reason": "other"})


def test_a_location_that_nobody_knows_is_refused_at_its_field(house: House, ids: dict[str, int]) -> None:
    for unknown in (999_999, 0, -1, 10**30):
        answer = house.ask("GET", f"/slots?{TUESDAY}&location={unknown}")
        assert (answer.status_code, set(answer.json["errors"])) == (422, {"location"})
