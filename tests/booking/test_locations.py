"""Several locations, each with its own zone, state, holidays, rooms and hours."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist

MORNINGS = {day: ["09:00-12:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def location(key: str, timezone: str = "America/New_York", **changes: Any) -> dict[str, Any]:
    return {"key": key, "name": key.title(), "timezone": timezone, "address": f"1 {key.title()} Street", **changes}


def room(key: str, **changes: Any) -> dict[str, Any]:
    return {"key": key, "name": key.title(), **changes}


def two(house: House, second: dict[str, Any], **changes: Any) -> dict[str, int]:
    """Beacon with Amara and Willow, a second location with Jonas and Maple. Ids by key."""
    usual = {
        "locations": [location("beacon", state="NY"), second],
        "therapists": [therapist("amara"), therapist("jonas", location=second["key"], hours=MORNINGS)],
        "rooms": [room("willow"), room("maple", location=second["key"])],
    }
    loaded = house.load(**{**usual, **changes})
    return {one["key"]: one["id"] for kind in ("locations", "therapists", "rooms") for one in loaded[kind]}


def planned(house: House, order_id: str, **wish: Any) -> dict[str, Any]:
    answer = house.plan(order_id, **wish)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


@pytest.mark.parametrize(
    ("zone", "country", "change", "first", "offsets"),
    [
        ("Australia/Lord_Howe", "AU", date(2027, 4, 4), "2027-03-29", {11 * 60, 10 * 60 + 30}),
        ("Europe/Berlin", "DE", date(2027, 3, 28), "2027-03-22", {60, 120}),
        ("America/Chicago", "US", date(2027, 3, 14), "2027-03-08", {-360, -300}),
    ],
)
def test_a_series_keeps_the_wall_clock_of_its_location_when_the_clocks_change_there(
    house: House, zone: str, country: str, change: date, first: str, offsets: set[int]
) -> None:
    ids = two(house, location("far", zone, country=country))
    order_id = house.order(visits=4)
    plan = planned(house, order_id, location=ids["far"], earliest=first)
    assert plan["location"] == ids["far"]
    assert {one["start"] for one in plan["visits"]} == {"09:00"}
    begins = [datetime.fromisoformat(one["start_at"]) for one in plan["visits"]]
    local = [one.astimezone(ZoneInfo(zone)) for one in begins]
    assert {f"{one:%H:%M}" for one in local} == {"09:00"}
    assert {int(one.utcoffset().total_seconds()) // 60 for one in local} == offsets
    assert min(one.date() for one in local) < change <= max(one.date() for one in local)
    booked = house.book(order_id, *plan["visits"])
    assert booked.status_code == 201, booked.text
    assert [datetime.fromisoformat(one["starts_at"]) for one in booked.json["sessions"]] == begins


def test_a_plan_that_names_no_location_is_for_the_one_where_the_series_is_best(house: House) -> None:
    ids = two(
        house,
        location("danbury", state="CT"),
        hours={"saturday": ["09:00-10:00"]},
        therapists=[
            therapist("amara"),
            therapist(
                "jonas",
                location="danbury",
                hours=MORNINGS,
                licence={"state": "CT", "number": "1", "valid_until": "2029-01-01"},
            ),
        ],
    )
    order_id = house.order()
    plan = planned(house, order_id)
    assert plan["feasible"]
    assert plan["location"] == ids["danbury"]
    assert {(one["therapist"], one["room"]) for one in plan["visits"]} == {(ids["jonas"], ids["maple"])}
    assert not planned(house, order_id, location=ids["beacon"])["feasible"]
    assert house.book(order_id, *plan["visits"]).status_code == 201
    assert house.rows("SELECT location_id FROM series") == [(ids["danbury"],)]


def test_of_two_locations_where_none_has_room_for_all_the_one_with_more_visits_is_planned(house: House) -> None:
    ids = two(house, location("danbury"), hours={"saturday": ["09:00-10:00"]}, policy={"horizon_days": 14})
    plan = planned(house, house.order(visits=8))
    assert (plan["feasible"], plan["location"]) == (False, ids["danbury"])
    assert plan["forecast"]["visits"] > 2


def test_a_licence_counts_in_its_own_state(house: House) -> None:
    both = [
        {"state": "NY", "number": "1", "valid_until": "2029-01-01"},
        {"state": "CT", "number": "2", "valid_until": "2027-03-12"},
    ]
    lucia = therapist("lucia", licences=both, hours_at={"danbury": MORNINGS}, hours={"saturday": ["09:00-12:00"]})
    lucia.pop("licence")
    ids = two(
        house,
        location("danbury", state="CT"),
        therapists=[therapist("amara", hours_at={"danbury": {"saturday": ["09:00-12:00"]}}), lucia],
    )
    plan = planned(house, house.order(visits=2), location=ids["danbury"])
    assert {one["therapist"] for one in plan["visits"]} == {ids["lucia"]}
    assert max(one["date"] for one in plan["visits"]) <= "2027-03-12"
    matched = {one["id"]: one["may_treat"] for one in plan["therapists"]}
    assert matched == {ids["amara"]: False, ids["lucia"]: True}
    there = house.get(f"/orders/{house.order()}/therapists?location={ids['danbury']}")
    assert {one["id"]: one["may_treat"] for one in there} == matched
    here = house.get(f"/orders/{house.order()}/therapists")
    assert {one["id"]: one["may_treat"] for one in here} == {ids["amara"]: True, ids["lucia"]: True}


def test_what_a_therapist_has_in_another_zone_is_converted(house: House) -> None:
    """13:00 in New York is 12:00 in Chicago: 45 minutes and the buffer must end by then."""
    amara = therapist("amara", hours={"tuesday": ["13:00-17:00"]}, hours_at={"chicago": {"tuesday": ["08:00-12:00"]}})
    second = location("chicago", "America/Chicago")
    ids = two(house, second, therapists=[amara], policy={"travel_minutes": 0})
    booked = house.book(
        house.order(), {"start_at": at("03-02 13:00"), "therapist": ids["amara"], "room": ids["willow"]}
    )
    assert booked.status_code == 201, booked.text
    window = [{"weekdays": [1], "from": "11:00", "to": "12:00"}]
    order_id = house.order(visits=1)
    plan = planned(house, order_id, location=ids["chicago"], latest="2027-03-02", possible=window)
    assert [one["start"] for one in plan["visits"]] == ["11:00"]
    late = plan["visits"][0] | {"start_at": "2027-03-02T11:15:00-06:00"}
    refused = house.book(order_id, late)
    assert (refused.status_code, refused.json["code"]) == (409, "slot_taken")


def test_hours_under_another_zones_clock_are_none_for_visits_at_home(house: House) -> None:
    """Home visits are planned under the first location's clock."""
    ids = two(house, location("chicago", "America/Chicago"), hours={"tuesday": ["09:00-11:00"]})
    plan = planned(house, house.order(visits=1, home_visit=True))
    assert {one["therapist"] for one in plan["visits"]} == {ids["amara"]}
    assert (plan["location"], plan["visits"][0]["date"]) == (None, "2027-03-02")


def test_between_two_locations_there_is_time_for_the_way(house: House) -> None:
    amara = therapist("amara", hours={"tuesday": ["13:00-17:00"]}, hours_at={"danbury": {"tuesday": ["09:00-13:00"]}})
    far = [41.3948, -73.4540]
    second = location("danbury", position=far)
    places = [location("beacon", position=[41.5048, -73.9696]), second]
    ids = two(house, second, therapists=[amara], locations=places)
    first = {"start_at": at("03-02 13:00"), "therapist": ids["amara"], "room": ids["willow"]}
    assert house.book(house.order(), first).status_code == 201
    window = [{"weekdays": [1], "from": "10:00", "to": "12:30"}]
    order_id = house.order(visits=1)
    latest = []
    for begins in ("10:00", "10:45", "11:00", "11:15"):
        window = [{"weekdays": [1], "from": begins, "to": "12:30"}]
        plan = planned(house, order_id, location=ids["danbury"], latest="2027-03-02", possible=window)
        latest += [one["start"] for one in plan["visits"]]
    assert latest == ["10:00", "10:45"]
    wanted = {"therapist": ids["amara"], "room": ids["maple"]}
    assert house.book(order_id, wanted | {"start_at": at("03-02 11:00")}).status_code == 409
    assert house.book(order_id, wanted | {"start_at": at("03-02 10:45")}).status_code == 201


def test_holidays_and_closures_are_those_of_the_location(house: House) -> None:
    """Easter Monday is a holiday in New South Wales and none in New York."""
    ids = two(
        house,
        location("sydney", "Australia/Sydney", country="AU", state="NSW"),
        policy={"holidays": True},
        closures=[{"from": "2027-03-30", "reason": "Moving in", "location": "beacon"}],
        therapists=[
            therapist("amara"),
            therapist("jonas", location="sydney", licence={"state": "NSW", "number": "1", "valid_until": "2029-01-01"}),
        ],
    )

    def first_on(place: str, day: str) -> list[str]:
        plan = planned(house, house.order(visits=1), location=ids[place], earliest=day, latest=day)
        return [one["date"] for one in plan["visits"]]

    assert (first_on("sydney", "2027-03-29"), first_on("beacon", "2027-03-29")) == ([], ["2027-03-29"])
    assert (first_on("sydney", "2027-03-30"), first_on("beacon", "2027-03-30")) == (["2027-03-30"], [])


def test_today_is_the_locations_own_day(house: House) -> None:
    """Late on Monday in New York it is Tuesday in Sydney."""
    ids = two(house, location("sydney", "Australia/Sydney", country="AU"))
    house.move_to(datetime(2027, 3, 1, 21, tzinfo=UTC))
    plan = planned(house, house.order(visits=1), location=ids["sydney"])
    assert plan["visits"][0]["date"] == "2027-03-02"
    assert plan["visits"][0]["start_at"] == "2027-03-01T22:00:00Z"


def test_a_room_of_another_location_than_said_is_refused(house: House) -> None:
    ids = two(house, location("danbury"))
    body = {
        "order_id": house.order(),
        "location": ids["danbury"],
        "visits": [{"start_at": at("03-02 09:00"), "therapist": ids["jonas"], "room": ids["willow"]}],
    }
    answer = house.ask("POST", "/series", body, key="one")
    assert (answer.status_code, set(answer.json["errors"]["visits"]["0"])) == (422, {"room"})


def test_an_unknown_location_is_refused_at_its_field(house: House) -> None:
    two(house, location("danbury"))
    for unknown in (999_999, 0, -1, 10**30):
        answer = house.plan(house.order(), location=unknown)
        assert (answer.status_code, set(answer.json["errors"])) == (422, {"location"})
        visit = {"start_at": at("03-02 09:00"), "therapist": unknown, "room": unknown}
        answer = house.book(house.order(), visit)
        assert (answer.status_code, set(answer.json["errors"]["visits"]["0"])) == (422, {"room", "therapist"})


def test_a_location_that_is_not_in_the_file_any_more_is_not_planned(house: House) -> None:
    ids = two(house, location("danbury"))
    house.load(locations=[location("beacon")], hours={"saturday": ["09:00-10:00"]})
    plan = planned(house, house.order())
    assert plan["location"] == ids["beacon"]
    shown = {one["key"]: one["active"] for one in house.get("/clinic")["locations"]}
    assert shown == {"beacon": True, "danbury": False}
