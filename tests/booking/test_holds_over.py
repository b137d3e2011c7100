"""A hold that is over takes nobody's time, even before it is swept."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.practice_day import therapist
from tests.booking.test_series import visit

ROOM = [{"key": "willow", "name": "Willow"}]


@pytest.fixture
def desk(house: House) -> House:
    house.load(therapists=[therapist("amara")], rooms=ROOM, hours={"tuesday": ["09:00-09:45"]})
    return house


def held(house: House) -> datetime:
    """The instant at which the hold is over."""
    body = {"order_id": house.order(), "visits": [visit(house, "03-02 09:00")]}
    answer = house.ask("POST", "/holds", body, key="held")
    assert answer.status_code == 201, answer.text
    return datetime.fromisoformat((answer.json or {})["held_until"])


def first_day(house: House) -> list[dict[str, Any]]:
    answer = house.plan(house.order(visits=1), latest="2027-03-02")
    return list((answer.json or {})["visits"])


def test_a_plan_sees_the_time_of_a_hold_as_busy_until_it_is_over(desk: House) -> None:
    until = held(desk)
    assert first_day(desk) == []
    desk.move_to(until + timedelta(seconds=1))
    assert [one["start"] for one in first_day(desk)] == ["09:00"]


def test_a_free_time_is_shown_again_when_its_hold_is_over(desk: House) -> None:
    tuesday = "/slots?from=2027-03-02&to=2027-03-02&minutes=45"
    until = held(desk)
    assert desk.get(tuesday)["days"] == []
    desk.move_to(until + timedelta(seconds=1))
    assert [one["start"] for day in desk.get(tuesday)["days"] for one in day["starts"]] == ["09:00"]
