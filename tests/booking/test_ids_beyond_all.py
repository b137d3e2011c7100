"""Numbers that no id can be are the caller's mistake, never ours."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.booking.conftest import House
from tests.booking.practice_day import at
from tests.booking.test_series import visit

BEYOND = (0, -1, 1 << 63, 10**30)


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def series(house: House) -> tuple[str, dict[str, Any]]:
    order_id = house.order()
    answer = house.book(order_id, visit(house, "03-02 09:00"), visit(house, "03-04 09:00"))
    return order_id, dict(answer.json or {})


def calm(answer: TestResponse) -> bool:
    """Answered, and with no fault of ours."""
    return answer.status_code in (200, 404, 409, 422)


@pytest.mark.parametrize("unknown", BEYOND)
def test_free_times_of_nobody_are_none(desk: House, unknown: int) -> None:
    asked = f"/slots?from=2027-03-02&to=2027-03-02&minutes=45&therapist={unknown}"
    assert calm(desk.ask("GET", asked))


@pytest.mark.parametrize("unknown", BEYOND)
@pytest.mark.parametrize("kind", ["therapist", "room"])
def test_nobody_is_not_absent(desk: House, unknown: int, kind: str) -> None:
    away = {kind: unknown, "from": "2027-03-02", "to": "2027-03-02", "reason": "other"}
    answer = desk.ask("POST", "/absences", away)
    assert (answer.status_code, set(answer.json["errors"])) == (422, {kind})


@pytest.mark.parametrize("unknown", BEYOND)
def test_nobody_is_not_waited_for(desk: House, unknown: int) -> None:
    answer = desk.ask("POST", "/waitlist", {"order_id": desk.order(), "therapist": unknown})
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"therapist"})


@pytest.mark.parametrize("unknown", BEYOND)
def test_a_series_is_not_planned_again_with_or_without_nobody(desk: House, unknown: int) -> None:
    _, booked = series(desk)
    session = booked["sessions"][0]["id"]
    to = {"start_at": at("03-03 09:00"), "therapist": unknown, "room": unknown}
    asked = [
        (f"/sessions/{session}/alternatives", {"therapist": unknown}),
        (f"/series/{booked['series_id']}/replan", {"therapist": unknown}),
        (f"/series/{booked['series_id']}/replan", {"without_therapist": unknown}),
        (f"/series/{booked['series_id']}/replan/apply", {"moves": [{"session_id": session, "to": to}]}),
        (f"/series/{booked['series_id']}/replan/apply", {"moves": [{"session_id": None, "to": to}]}),
        (f"/sessions/{session}/move", {"to": to}),
        (f"/sessions/{session}/move", to),
    ]
    for path, body in asked:
        answer = desk.ask("POST", path, body)
        assert calm(answer), (path, answer.text)


@pytest.mark.parametrize("unknown", BEYOND)
def test_nobodys_sessions_are_none(desk: House, unknown: int) -> None:
    series(desk)
    for name in ("therapist", "room"):
        answer = desk.ask("GET", f"/sessions?{name}={unknown}")
        assert calm(answer), (name, answer.text)
