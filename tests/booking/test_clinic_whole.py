"""What else a clinic's file may say, and what loading it again does."""

from importlib import resources
from typing import Any

import pytest

from services.booking.clinic import file as clinic_file
from services.booking.clinic.fields import OnEarth
from services.contracts.booking import DeskAsked
from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist
from tests.booking.test_clinic import refused

BEACON = {"key": "beacon", "name": "Beacon", "timezone": "America/New_York", "address": "48 Riverbend Lane"}
DANBURY = {**BEACON, "key": "danbury", "name": "Danbury", "state": "CT", "position": [41.3948, -73.454]}


def unlicensed(key: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in therapist(key, **changes).items() if name != "licence"}


def test_a_clinic_that_lists_no_locations_has_one_of_its_own(house: House) -> None:
    (only,) = house.load(state="NY", position=[41.5, -73.97])["locations"]
    assert (only["key"], only["timezone"], only["state"], only["active"]) == ("main", "America/New_York", "NY", True)
    assert (only["address"], only["country"]) == ("48 Riverbend Lane, Beacon", "US")
    assert only["position"] == {"latitude": 41.5, "longitude": -73.97}


def test_everything_that_is_said_of_a_therapist_is_kept(house: House) -> None:
    said = {
        "sex": "female",
        "certifications": ["lymphedema"],
        "experience": {"I97": 12},
        "languages": ["en", "es"],
        "home_visits": False,
        "base": [41.5, -73.9],
        "licences": [
            {"state": "NY", "number": "1", "valid_until": "2029-01-01"},
            {"state": "CT", "number": "2", "valid_from": "2026-01-01", "valid_until": "2028-01-01"},
        ],
        "location": "danbury",
        "hours": {"monday": ["09:00-12:00"]},
        "hours_at": {"beacon": {"tuesday": ["10:00-13:00"]}},
        "special_hours": [{"date": "2027-03-08", "hours": ["10:00-11:00"]}, {"date": "2027-03-09"}],
    }
    loaded = house.load(locations=[BEACON, DANBURY], therapists=[unlicensed("lucia", **said)])
    beacon, danbury = (one["id"] for one in loaded["locations"])
    (lucia,) = loaded["therapists"]
    plain = ("sex", "certifications", "experience", "languages", "home_visits")
    assert {name: lucia[name] for name in plain} == {name: said[name] for name in plain}
    assert lucia["base"] == {"latitude": 41.5, "longitude": -73.9}
    assert [(one["state"], one["valid_from"]) for one in lucia["licences"]] == [("CT", "2026-01-01"), ("NY", None)]
    assert [(one["weekday"], one["opens"], one["location"]) for one in lucia["hours"]] == [
        (0, "09:00", danbury),
        (1, "10:00", beacon),
    ]
    assert [(one["date"], one["opens"], one["closes"], one["location"]) for one in lucia["special_hours"]] == [
        ("2027-03-08", "10:00", "11:00", danbury),
        ("2027-03-09", "00:00", "00:00", None),
    ]


def test_a_file_as_it_was_before_still_loads(house: House) -> None:
    loaded = house.load()
    assert [one["home_visits"] for one in loaded["therapists"]] == [True, True]
    assert loaded["rooms"][0]["equipment"] == []


def test_the_example_closes_on_public_holidays_but_for_those_it_works_on(house: House) -> None:
    text = resources.files("services.booking").joinpath("example_clinic.yaml").read_text()
    assert house.ask("PUT", "/clinic", clinic_file.read(text), role="admin").status_code == 200
    beacon = house.get("/clinic")["locations"][0]["id"]

    def fits(day: str) -> bool:
        plan = house.plan(house.order(visits=1, valid_until="2027-12-31"), earliest=day, latest=day, location=beacon)
        return bool((plan.json or {})["feasible"])

    days = ("2027-05-31", "2027-10-11", "2027-11-25", "2027-11-26")
    assert [fits(day) for day in days] == [False, True, False, False]


def test_loading_the_same_file_again_changes_no_row(house: House) -> None:
    file = {"locations": [BEACON, DANBURY], "closures": [{"from": "2027-05-31", "reason": "Memorial Day"}]}
    special = [{"date": "2027-03-08", "hours": ["10:00-11:00"]}]
    people = [therapist("amara", special_hours=special), therapist("jonas", location="danbury")]
    house.load(**file, therapists=people)
    tables = ("hours", "special_hours", "licences", "closures")
    before = [house.rows(f"SELECT ctid, xmin::text FROM {table} ORDER BY 1") for table in tables]
    house.load(**file, therapists=people)
    assert [house.rows(f"SELECT ctid, xmin::text FROM {table} ORDER BY 1") for table in tables] == before
    assert all(before)


def test_sessions_of_a_therapist_who_left_are_counted_and_the_desk_is_asked_once(house: House) -> None:
    people = house.load()["therapists"]
    room = house.get("/clinic")["rooms"][0]["id"]
    times = [at("03-02 09:00"), at("03-04 09:00"), at("03-09 09:00")]
    order_id = house.order()
    visits = [{"start_at": time, "therapist": people[1]["id"], "room": room} for time in times]
    assert house.book(order_id, *visits).status_code == 201
    assert house.load()["sessions_affected"] == 0
    assert house.load(therapists=[therapist("amara")])["sessions_affected"] == 3
    assert house.load(therapists=[therapist("amara")], name="Other")["sessions_affected"] == 3
    asked = [event for event in house.announced() if isinstance(event, DeskAsked)]
    assert [event.about for event in asked] == ["absence"]


def test_a_room_that_is_no_more_leaves_its_sessions_behind_too(house: House) -> None:
    loaded = house.load()
    visit = {
        "start_at": at("03-02 09:00"),
        "therapist": loaded["therapists"][0]["id"],
        "room": loaded["rooms"][1]["id"],
    }
    assert house.book(house.order(), visit).status_code == 201
    assert house.load(rooms=[{"key": "willow", "name": "Willow"}])["sessions_affected"] == 1


NOWHERE = "There is no location with this key."


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"therapists": [therapist("amara", location="nowhere")]}, "therapists.0.location"),
        ({"therapists": [therapist("amara", hours_at={"nowhere": {}})]}, "therapists.0.location"),
        (
            {"therapists": [therapist("amara", special_hours=[{"date": "2027-03-08", "location": "nowhere"}])]},
            "therapists.0.location",
        ),
        ({"rooms": [{"key": "willow", "name": "Willow", "location": "nowhere"}]}, "rooms.0.location"),
        ({"closures": [{"from": "2027-05-31", "reason": "x", "location": "nowhere"}]}, "closures.0.location"),
        ({"locations": [BEACON, BEACON]}, "locations.1.key"),
        ({"locations": [{**BEACON, "timezone": "Eastern"}]}, "locations.0.timezone"),
        ({"locations": [{**BEACON, "state": "New York"}]}, "locations.0.state"),
        ({"locations": [{**BEACON, "country": "usa"}]}, "locations.0.country"),
        ({"locations": [{**BEACON, "position": [91, 0]}]}, "locations.0.position.0"),
        ({"locations": [{**BEACON, "position": [41.5]}]}, "locations.0.position"),
        ({"position": [float("inf"), 0]}, "position.0"),
        ({"therapists": [unlicensed("amara")]}, "therapists.0.licences"),
        ({"therapists": [therapist("amara", sex="f")]}, "therapists.0.sex"),
        ({"therapists": [therapist("amara", base="home")]}, "therapists.0.base"),
        ({"therapists": [therapist("amara", experience={"back pain": 3})]}, "therapists.0.experience.back pain.key"),
        ({"therapists": [therapist("amara", certifications=["Lymphedema!"])]}, "therapists.0.certifications.0"),
        (
            {"therapists": [therapist("amara", special_hours=[{"date": "2027-03-08"}, {"date": "2027-03-08"}])]},
            "therapists.0.special_hours.1.date",
        ),
        ({"therapists": [therapist("amara", special_hours=[{"date": "soon"}])]}, "therapists.0.special_hours.0.date"),
        (
            {
                "therapists": [
                    therapist(
                        "amara",
                        licences=[{"state": "NY", "number": "027431-01", "valid_until": "2029-01-01"}],
                    )
                ]
            },
            "therapists.0.licences.1.number",
        ),
        (
            {
                "therapists": [
                    unlicensed(
                        "amara",
                        licences=[
                            {"state": "NY", "number": "1", "valid_from": "2027-03-02", "valid_until": "2027-03-01"}
                        ],
                    )
                ]
            },
            "therapists.0.licences.0.valid_until",
        ),
        ({"policy": {"horizon_days": 0}}, "policy.horizon_days"),
        ({"policy": {"buffers": {"45": 500}}}, "policy.buffers.45"),
        ({"policy": {"holidays": True, "open_on_holidays": ["Colombus Day"]}}, "policy.open_on_holidays.0"),
        ({"policy": {"holidays": True}, "country": "XX"}, "policy.holidays"),
        ({"policy": {"holidays": True}, "state": "ZZ"}, "policy.holidays"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_is(house: House, changes: dict[str, Any], path: str) -> None:
    assert _paths(refused(house, **changes)) == [path]


def _paths(errors: Any, path: str = "") -> list[str]:
    if isinstance(errors, dict):
        return [found for key, value in errors.items() for found in _paths(value, f"{path}.{key}" if path else key)]
    return [path.removesuffix(".value")]


def test_hours_at_two_locations_may_not_overlap(house: House) -> None:
    both = therapist("amara", hours={"monday": ["09:00-12:00"]}, hours_at={"danbury": {"monday": ["11:00-15:00"]}})
    errors = refused(house, locations=[BEACON, DANBURY], therapists=[both])
    assert errors["therapists"]["0"] == {"hours_at": ["Let the hours at two locations not overlap."]}


def test_a_file_of_yaml_writes_positions_as_it_likes() -> None:
    read = clinic_file.read("position: [41.5048, -73]\nbuffers: {45: 10}")
    assert OnEarth().deserialize(read["position"]) == (41.5048, -73.0)
    assert read["buffers"] == {45: 10}
