"""What a service may do in a patient's name, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.life import act, booked, done, refused
from tests.booking.practice_day import at
from tests.booking.test_series import visit


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def test_a_service_moves_a_visit_only_as_its_patient(desk: House) -> None:
    first = booked(desk)["ids"][0]
    for who in ("clinic", "physician"):
        answer = act(desk, first, "move", role="service", start_at=at("03-02 15:00"), by=who)
        assert refused(answer) == (403, "forbidden")
    done(act(desk, first, "move", role="service", start_at=at("03-02 15:00"), by="patient"))
    assert desk.announced()[0].by == "patient"


def test_a_service_plans_and_books_for_a_patient(desk: House) -> None:
    order_id = desk.order(visits=1)
    answer = desk.ask("POST", "/plans", {"order_id": order_id}, role="service")
    visits = [{name: one[name] for name in ("start_at", "therapist", "room")} for one in answer.json["visits"]]
    body = {"order_id": order_id, "visits": visits}
    assert desk.ask("POST", "/series", body, role="service", key="k").status_code == 201


def test_a_physician_neither_plans_nor_books(desk: House) -> None:
    order_id = desk.order(visits=1)
    assert desk.ask("POST", "/plans", {"order_id": order_id}, role="physician").status_code == 403
    body = {"order_id": order_id, "visits": [visit(desk, "03-02 09:00")]}
    assert desk.ask("POST", "/series", body, role="physician", key="k").status_code == 403


def kept(plan: dict[str, Any], number: int, **changes: Any) -> dict[str, Any]:
    one = plan["visits"][number - 1]
    place = {name: one[name] for name in ("date", "start", "therapist", "room")}
    return {str(number): {**place, **changes}}


def test_a_plan_goes_around_the_visits_that_are_to_be_kept(desk: House) -> None:
    order_id = desk.order()
    best = desk.plan(order_id).json
    assert best
    answer = desk.plan(order_id, kept=kept(best, 3, start="15:00")).json
    assert answer
    assert answer["feasible"]
    assert (answer["visits"][2]["date"], answer["visits"][2]["start"]) == (best["visits"][2]["date"], "15:00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "15:07"},
        {"date": "2027-02-30"},
        {"therapist": "one"},
        {"room": 2**63},
        {"date": "2027-02-27"},
        {"date": "2027-05-16"},
    ],
)
def test_a_visit_that_cannot_be_kept_is_refused_by_its_field(desk: House, wrong: dict[str, Any]) -> None:
    order_id = desk.order()
    best = desk.plan(order_id).json
    assert best
    assert desk.plan(order_id, kept=kept(best, 1, **wrong)).status_code == 422


@pytest.mark.parametrize("number", ["0", "201", "x", "9"])
def test_a_visit_that_there_is_not_cannot_be_kept(desk: House, number: str) -> None:
    order_id = desk.order()
    best = desk.plan(order_id).json
    assert best
    place = kept(best, 1)["1"]
    assert desk.plan(order_id, kept={number: place}).status_code == 422
