"""What an accepted referral authorises."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from services.booking.worker import BookingWorker
from services.contracts.referrals import ReferralAccepted
from services.contracts.subscriptions import SUBSCRIPTIONS
from tests.booking.conftest import House
from tests.booking.practice_day import accepted


def take(house: House) -> Any:
    def handler(session: Session, event: Any) -> None:
        take_order(session, house.running.outbox, vault(house.running), event)

    return handler


def test_an_accepted_referral_becomes_an_order_with_all_its_visits(house: House) -> None:
    event = accepted(visits=6, techniques=("swedish",), ceiling="2")
    house.receive(event, take(house))
    (order,) = house.get(f"/orders?referral_id={event.referral_id}")
    assert (order["terms"]["visits"], order["terms"]["techniques"]) == (6, ["swedish"])
    assert (order["ledger"]["remaining"], order["pressure_ceiling"]) == (6, 2)
    assert (order["reference"], order["patient_id"]) == ("R-2027-0001", str(event.patient_id))
    assert house.rows("SELECT act, actor FROM audit") == [("order_taken", "event:referrals.referral_accepted")]


def test_the_same_event_twice_makes_one_order(house: House) -> None:
    event, event_id = accepted(), uuid4()
    house.receive(event, take(house), event_id)
    house.receive(event, take(house), event_id)
    house.receive(event, take(house))
    assert (house.count("orders"), house.count("audit")) == (1, 1)


def test_a_newer_version_replaces_the_terms_and_an_older_one_that_comes_late_does_not(house: House) -> None:
    referral_id = uuid4()
    newer = accepted(version=3, referral_id=referral_id, visits=10)
    house.receive(newer, take(house))
    house.receive(accepted(version=2, referral_id=referral_id, visits=4), take(house))
    (order,) = house.get(f"/orders?referral_id={referral_id}")
    assert (order["version"], order["terms"]["visits"]) == (3, 10)
    house.receive(accepted(version=4, referral_id=referral_id, visits=12), take(house))
    (order,) = house.get(f"/orders?referral_id={referral_id}")
    assert (order["version"], order["terms"]["visits"]) == (4, 12)


def test_two_orders_of_one_patient_are_one_patient_in_one_place(house: House) -> None:
    first = accepted()
    house.receive(first, take(house))
    house.receive(replace(accepted(), patient_id=first.patient_id), take(house))
    assert house.count("orders") == 2
    assert house.rows("SELECT count(*) FROM resources WHERE kind = 'patient'") == [(1,)]


def test_orders_are_listed_newest_first(house: House) -> None:
    older, newer = house.order(visits=2), house.order(visits=3)
    assert [order["id"] for order in house.get("/orders")] == [newer, older]


def test_a_physician_does_not_see_the_orders(house: House) -> None:
    assert house.ask("GET", "/orders", role="physician").status_code == 403


def test_the_worker_reacts_to_exactly_what_booking_is_subscribed_to() -> None:
    handled = set(BookingWorker().handlers())
    assert handled == {event.event_type() for event in SUBSCRIPTIONS["booking"]}
    assert ReferralAccepted.event_type() in handled
