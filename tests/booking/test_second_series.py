"""A second series of one order goes on where the first ended; and how much of an order still fits."""

from datetime import date
from typing import Any

from tests.booking.conftest import House
from tests.booking.practice_day import at, therapist
from tests.booking.test_plans import planned


def book(house: House, order_id: str, *times: str, who: int = 0) -> None:
    shown = house.get("/clinic")
    place = {"therapist": shown["therapists"][who]["id"], "room": shown["rooms"][0]["id"]}
    answer = house.book(order_id, *({"start_at": at(time), **place} for time in times))
    assert answer.status_code == 201, answer.text


def dates(plan: dict[str, Any]) -> list[str]:
    return [one["date"] for one in plan["visits"]]


def test_the_rhythm_goes_on_from_the_last_visit_that_is_booked(house: House) -> None:
    house.load()
    order_id = house.order(visits=6)
    book(house, order_id, "03-23 15:00", "03-25 15:00", "03-30 15:00")
    plan = planned(house, order_id)
    assert dates(plan) == ["2027-04-02", "2027-04-05", "2027-04-08"]
    assert {one["start"] for one in plan["visits"]} == {"15:00"}
    assert plan["terms"]["wait"] == 0


def test_the_therapist_of_the_last_visit_goes_on(house: House) -> None:
    house.load()
    order_id = house.order(visits=4)
    book(house, order_id, "03-02 09:00", "03-04 09:00", who=1)
    plan = planned(house, order_id)
    assert {one["therapist"] for one in plan["visits"]} == {house.get("/clinic")["therapists"][1]["id"]}
    assert plan["terms"]["switch"] == 0


def test_an_order_whose_last_visit_is_long_ago_begins_anew(house: House) -> None:
    house.load()
    order_id = house.order(visits=4)
    book(house, order_id, "03-02 09:00")
    plan = planned(house, order_id, earliest="2027-04-01")
    assert dates(plan)[0] == "2027-04-01"


def test_visits_before_the_last_one_can_be_asked_for(house: House) -> None:
    house.load()
    order_id = house.order(visits=4)
    book(house, order_id, "05-10 09:00")
    plan = planned(house, order_id, latest="2027-03-31")
    assert plan["feasible"]
    assert dates(plan)[-1] <= "2027-03-31"


def test_a_cancelled_visit_is_not_gone_on_from(house: House) -> None:
    house.load()
    order_id = house.order(visits=4)
    book(house, order_id, "05-10 09:00")
    house.rows("UPDATE sessions SET status = 'cancelled' RETURNING 1")
    house.rows("DELETE FROM claims RETURNING 1")
    assert dates(planned(house, order_id))[0] == "2027-03-01"


def test_the_forecast_says_how_many_visits_still_fit_before_the_orders_end(house: House) -> None:
    house.load(therapists=[therapist("amara", hours={"tuesday": ["09:00-12:00"]})])
    order_id = house.order(visits=8, cadence_visits=1, valid_until=date(2027, 3, 31))
    forecast = house.get(f"/orders/{order_id}/forecast")
    assert (forecast["fits"], forecast["last_on"], forecast["enough"]) == (5, "2027-03-30", False)
    book(house, order_id, "03-02 09:00")
    after = house.get(f"/orders/{order_id}/forecast")
    assert (after["fits"], after["ledger"]["remaining"], after["enough"]) == (4, 7, False)


def test_the_forecast_of_an_order_that_is_used_up_or_over_is_nothing(house: House) -> None:
    house.load()
    used = house.order(visits=1)
    book(house, used, "03-02 09:00")
    forecast = house.get(f"/orders/{used}/forecast")
    assert (forecast["fits"], forecast["last_on"], forecast["enough"]) == (0, None, True)
    over = house.get(f"/orders/{house.order(valid_until=date(2027, 2, 27))}/forecast")
    assert (over["fits"], over["enough"]) == (0, False)
