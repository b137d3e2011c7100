"""The clinic's file."""

from importlib import resources
from typing import Any

import pytest

from services.booking.clinic import file as clinic_file
from services.contracts.booking import ClinicChanged
from tests.booking.conftest import House
from tests.booking.practice_day import clinic, therapist


def refused(house: House, **changes: Any) -> Any:
    answer = house.ask("PUT", "/clinic", clinic(**changes), role="admin")
    assert answer.status_code == 422, answer.text
    assert house.count("clinic") == 0
    assert house.count("outbox") == 0
    assert answer.json is not None
    return answer.json["errors"]


def test_there_is_no_clinic_before_one_is_loaded(house: House) -> None:
    assert house.get("/clinic") is None


def test_the_example_clinic_loads(house: House) -> None:
    text = resources.files("services.booking").joinpath("example_clinic.yaml").read_text()
    answer = house.ask("PUT", "/clinic", clinic_file.read(text), role="admin")
    assert answer.status_code == 200, answer.text
    loaded = house.get("/clinic")
    assert (len(loaded["locations"]), len(loaded["therapists"]), len(loaded["rooms"])) == (2, 5, 4)
    assert all(one["hours"] for one in loaded["therapists"])


def test_a_loaded_clinic_is_announced_with_its_policy(house: House) -> None:
    house.load(policy={"reminder_minutes": [1440]})
    (event,) = house.announced()
    assert isinstance(event, ClinicChanged)
    assert (event.phone, event.reminder_minutes, event.version) == ("+12125550134", (1440,), 1)
    assert house.rows("SELECT act, actor FROM audit") == [("clinic_loaded", "a-admin")]


def test_loading_again_updates_people_known_by_their_key(house: House) -> None:
    before = house.load()
    after = house.load(therapists=[therapist("amara", name="Amara O."), therapist("jonas")])
    assert [one["id"] for one in after["therapists"]] == [one["id"] for one in before["therapists"]]
    assert after["therapists"][0]["name"] == "Amara O."
    assert (after["id"], after["version"]) == (before["id"], 2)


def test_a_therapist_who_is_not_in_the_file_any_more_becomes_inactive_and_can_come_back(house: House) -> None:
    house.load()
    left = house.load(therapists=[therapist("amara")])
    assert [(one["key"], one["active"]) for one in left["therapists"]] == [("amara", True), ("jonas", False)]
    back = house.load()
    assert all(one["active"] for one in back["therapists"])


def test_hours_and_closures_that_are_not_in_the_file_any_more_are_gone(house: House) -> None:
    house.load(closures=[{"from": "2027-07-05", "reason": "Independence Day"}])
    loaded = house.load(hours={"monday": ["09:00-12:00"]}, closures=[])
    assert loaded["closures"] == []
    (hours,) = loaded["therapists"][0]["hours"]
    assert (hours["weekday"], hours["opens"], hours["closes"]) == (0, "09:00", "12:00")


def test_a_therapist_without_hours_of_their_own_has_the_clinics(house: House) -> None:
    own = therapist("jonas", hours={"saturday": ["09:00-13:00"]})
    loaded = house.load(therapists=[therapist("amara"), own])
    assert [len(one["hours"]) for one in loaded["therapists"]] == [10, 1]


def test_a_closure_of_one_day_needs_no_end(house: House) -> None:
    loaded = house.load(closures=[{"from": "2027-05-31", "reason": "Memorial Day"}])
    (closure,) = loaded["closures"]
    assert (closure["from"], closure["to"], closure["reason"]) == ("2027-05-31", "2027-05-31", "Memorial Day")


def test_a_mistake_is_shown_at_its_field_and_changes_nothing(house: House) -> None:
    errors = refused(house, therapists=[therapist("amara", licence={"state": "New York", "number": "1"})])
    assert set(errors["therapists"]["0"]["licence"]) == {"state", "valid_until"}


def test_a_misspelled_field_is_named(house: House) -> None:
    assert refused(house, romms=[]) == {"romms": ["Unknown field."]}


@pytest.mark.parametrize("hours", ["9-13", "13:00-09:00", "09:00-25:00", "09:00", 900, None])
def test_opening_hours_that_make_no_sense_are_refused(house: House, hours: Any) -> None:
    assert "monday" in refused(house, hours={"monday": [hours]})["hours"]


def test_overlapping_hours_of_a_day_are_refused(house: House) -> None:
    errors = refused(house, hours={"monday": ["09:00-13:00", "12:00-18:00"]})
    assert errors["hours"] == {"monday": ["Let the hours of a day not overlap."]}


def test_two_therapists_with_one_key_are_refused(house: House) -> None:
    errors = refused(house, therapists=[therapist("amara"), therapist("amara")])
    assert errors["therapists"] == {"1": {"key": ["Give each its own key."]}}


@pytest.mark.parametrize(
    ("field", "value"),
    [("timezone", "Eastern"), ("timezone", "../etc"), ("phone", "555-0134"), ("phone", 12125550134), ("email", "desk")],
)
def test_zone_phone_and_email_must_be_real_ones(house: House, field: str, value: Any) -> None:
    assert set(refused(house, **{field: value})) == {field}


def test_a_closure_that_ends_before_it_begins_is_refused(house: House) -> None:
    errors = refused(house, closures=[{"from": "2027-12-24", "to": "2027-12-20", "reason": "Winter break"}])
    assert "to" in errors["closures"]["0"]


def test_only_an_administrator_loads_a_clinic(house: House) -> None:
    assert house.ask("PUT", "/clinic", clinic(), role="desk").status_code == 403
    assert house.count("clinic") == 0


@pytest.mark.parametrize("listed", ["therapists", "rooms", "closures"])
@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, {"key": 1, "from": "x"}, {"key": "a\x00", "from": "\ud800"}])
def test_a_list_of_something_else_is_refused(house: House, listed: str, odd: Any) -> None:
    assert listed in refused(house, **{listed: [odd, odd]})


@pytest.mark.parametrize("zone", ["posixrules", "localtime", "Factory", "America"])
def test_a_zone_that_only_this_machine_knows_is_refused(house: House, zone: str) -> None:
    assert set(refused(house, timezone=zone)) == {"timezone"}
