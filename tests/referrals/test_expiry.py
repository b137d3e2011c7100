"""What time does: referrals expire once, and the desk hears of those with which nothing happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy

from services.chassis import clock
from services.referrals.course.expire import expire_some, remind_some
from tests.referrals.house import Caller, House, a_referral, today
from tests.referrals.test_progress import Booking


def put(house: House, referral: dict[str, Any], change: str) -> None:
    with house.running.engine.begin() as connection:
        connection.execute(sqlalchemy.text(f"UPDATE referrals SET {change} WHERE id = :id"), {"id": referral["id"]})


def expire(house: House) -> None:
    for _ in range(20):
        expire_some(house.running)


def remind(house: House) -> None:
    for _ in range(3):
        remind_some(house.running)


def ended(house: House, referral: dict[str, Any]) -> list[dict[str, Any]]:
    return house.told("referral_ended", referral_id=referral["id"])


@pytest.fixture
def waiting(desk: Caller) -> dict[str, Any]:
    made: dict[str, Any] = desk.post("", a_referral()).json
    return made


def test_a_referral_expires_after_its_last_day_and_not_on_it(
    house: House, desk: Caller, waiting: dict[str, Any]
) -> None:
    put(house, waiting, f"valid_until = '{today()}'")
    expire(house)
    assert ended(house, waiting) == []
    put(house, waiting, f"valid_until = '{today() - timedelta(days=1)}'")
    expire(house)
    shown = desk.get(f"/{waiting['id']}").json
    assert (shown["status"], shown["business_status"], shown["ended_because"]) == ("expired", "6.0", "valid_until")
    [event] = ended(house, waiting)
    assert (event["how"], event["version"]) == ("expired", 2)


def test_what_did_not_start_in_time_expires(
    house: House, desk: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    put(house, waiting, f"start_by = '{today() - timedelta(days=1)}'")
    expire(house)
    assert desk.get(f"/{waiting['id']}").json["ended_because"] == "start_by"


def test_an_active_referral_does_not_expire_under_its_visits(
    house: House, desk: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    booking = Booking(house, waiting)
    booking.tell(booking.booked())
    put(house, waiting, f"valid_until = '{today() - timedelta(days=1)}'")
    expire(house)
    assert desk.get(f"/{waiting['id']}").json["status"] == "active"
    booking.tell(booking.cancelled())
    expire(house)
    assert desk.get(f"/{waiting['id']}").json["status"] == "expired"


def test_several_workers_end_each_referral_once(house: House, desk: Caller) -> None:
    made = [desk.post("", a_referral()).json for _ in range(12)]
    for referral in made:
        put(house, referral, f"valid_until = '{today() - timedelta(days=1)}'")
    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: expire(house), range(4)))
    assert [len(ended(house, referral)) for referral in made] == [1] * 12


def test_expiry_and_acceptance_at_the_same_time_never_leave_both(house: House, desk: Caller) -> None:
    for _ in range(6):
        referral = desk.post("", a_referral()).json
        put(house, referral, f"valid_until = '{today() - timedelta(days=1)}'")
        with ThreadPoolExecutor(2) as crowd:
            accepting = crowd.submit(house.caller("therapist").post, f"/{referral['id']}/accept")
            crowd.submit(expire, house).result()
            assert accepting.result().status_code == 409
        expire(house)
        assert desk.get(f"/{referral['id']}").json["status"] == "expired"
        assert len(ended(house, referral)) == 1
        assert house.told("referral_accepted", referral_id=referral["id"]) == []


def test_a_withdrawal_and_expiry_at_the_same_time_end_it_once(house: House, desk: Caller) -> None:
    for _ in range(6):
        referral = desk.post("", a_referral()).json
        put(house, referral, f"valid_until = '{today() - timedelta(days=1)}'")
        with ThreadPoolExecutor(2) as crowd:
            crowd.submit(house.caller("desk").post, f"/{referral['id']}/withdraw")
            crowd.submit(expire, house)
        expire(house)
        assert len(ended(house, referral)) == 1


def test_an_expired_referral_is_not_reviewed(house: House, therapist: Caller, waiting: dict[str, Any]) -> None:
    put(house, waiting, f"valid_until = '{today() - timedelta(days=1)}'")
    expire(house)
    answer = therapist.post(f"/{waiting['id']}/accept")
    assert answer.json["errors"] == {"status": "expired"}


def quiet(house: House, referral: dict[str, Any], days: int = 8) -> None:
    put(house, referral, f"changed_at = fascia_now() - interval '{days} days'")


def tasks(house: House, referral: dict[str, Any]) -> tuple[int, int]:
    about = {"referral_id": referral["id"], "about": "no_activity"}
    return len(house.told("referral_stalled", **about)), len(house.told("referral_resumed", **about))


def test_nothing_for_a_week_raises_one_task(house: House, waiting: dict[str, Any]) -> None:
    quiet(house, waiting, 6)
    remind(house)
    assert tasks(house, waiting) == (0, 0)
    quiet(house, waiting, 8)
    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(lambda _: remind(house), range(4)))
    remind(house)
    assert tasks(house, waiting) == (1, 0)


def test_when_something_happens_the_task_is_taken_back_and_can_come_again(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    quiet(house, waiting)
    remind(house)
    therapist.post(f"/{waiting['id']}/accept")
    remind(house)
    assert tasks(house, waiting) == (1, 1)
    quiet(house, waiting)
    remind(house)
    assert tasks(house, waiting) == (2, 1)


def test_a_referral_that_is_over_is_left_in_peace(house: House, desk: Caller, waiting: dict[str, Any]) -> None:
    desk.post(f"/{waiting['id']}/close", {"reason": "finished"})
    quiet(house, waiting)
    remind(house)
    assert tasks(house, waiting) == (0, 0)


def test_an_active_referral_with_a_visit_to_come_is_not_quiet(
    house: House, therapist: Caller, waiting: dict[str, Any]
) -> None:
    def visits(change: str) -> None:
        with house.running.engine.begin() as connection:
            said = sqlalchemy.text(f"UPDATE visits SET {change} WHERE referral_id = :id")
            connection.execute(said, {"id": waiting["id"]})

    therapist.post(f"/{waiting['id']}/accept")
    booking = Booking(house, waiting)
    booking.tell(booking.booked(), booking.kept(1))
    visits("status = 'booked', starts_at = fascia_now() + interval '3 weeks'")
    quiet(house, waiting)
    remind(house)
    assert tasks(house, waiting) == (0, 0)
    visits("starts_at = fascia_now() - interval '1 week'")
    remind(house)
    assert tasks(house, waiting) == (1, 0)


def at(house: House, monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    """The practice's clock, as the timer reads it."""
    monkeypatch.setattr(clock, "now", lambda session: datetime.fromisoformat(instant))


@pytest.mark.parametrize(
    ("last_day", "still", "over"),
    [
        ("2027-03-13", "2027-03-14T04:59:59.999+00:00", "2027-03-14T05:00:00+00:00"),
        ("2027-03-14", "2027-03-15T03:59:59.999+00:00", "2027-03-15T04:00:00+00:00"),
        ("2027-11-07", "2027-11-08T04:59:59.999+00:00", "2027-11-08T05:00:00+00:00"),
    ],
)
@pytest.mark.parametrize("name", ["valid_until", "start_by"])
def test_two_workers_at_the_last_instant_leave_it_and_an_instant_later_end_it_once(
    house: House, waiting: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str, last_day: str, still: str,
    over: str,
) -> None:  # fmt: skip
    """New York, also on the days on which its clocks change."""
    put(house, waiting, "valid_until = '2099-01-01'")
    put(house, waiting, f"{name} = '{last_day}'")
    at(house, monkeypatch, still)
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(lambda _: expire(house), range(2)))
    assert ended(house, waiting) == []
    at(house, monkeypatch, over)
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(lambda _: expire(house), range(2)))
    [event] = ended(house, waiting)
    assert (event["how"], event["version"]) == ("expired", 2)


def lapse(house: House, referral: dict[str, Any], name: str = "start_by") -> None:
    put(house, referral, f"{name} = '{today() - timedelta(days=1)}'")
    expire(house)


@pytest.mark.parametrize("name", ["valid_until", "start_by"])
def test_what_expired_while_the_news_of_its_series_was_on_its_way_is_in_force_again(
    house: House, desk: Caller, therapist: Caller, waiting: dict[str, Any], name: str
) -> None:
    """Booking books nothing after the last day: so it was in time."""
    therapist.post(f"/{waiting['id']}/accept")
    booking = Booking(house, waiting)
    lapse(house, waiting, name)
    assert [event["version"] for event in ended(house, waiting)] == [3]
    booking.tell(booking.booked())
    shown = desk.get(f"/{waiting['id']}").json
    assert (shown["status"], shown["ended_at"], shown["ended_because"]) == ("active", None, None)
    [again] = house.told("referral_amended", referral_id=waiting["id"])
    assert (again["version"], again["terms"]["visits"]) == (4, 8)
    expire(house)
    assert len(ended(house, waiting)) == 1


def test_late_news_in_any_order_come_to_the_same(house: House, desk: Caller, therapist: Caller) -> None:
    for order in permutations(range(4)):
        referral = desk.post("", a_referral(visits=2)).json
        therapist.post(f"/{referral['id']}/accept")
        booking = Booking(house, referral)
        lapse(house, referral)
        events = [booking.booked(), booking.kept(1), booking.kept(2), booking.completed()]
        booking.tell(*(events[place] for place in order))
        shown = desk.get(f"/{referral['id']}").json
        assert (shown["status"], shown["visits_kept"], shown["ended_at"]) == ("completed", 2, None), order
        assert len(house.told("referral_amended", referral_id=referral["id"])) == 1


def test_a_series_that_was_cancelled_again_leaves_it_expired(
    house: House, desk: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    booking = Booking(house, waiting)
    lapse(house, waiting)
    booking.tell(booking.cancelled(), booking.booked())
    assert desk.get(f"/{waiting['id']}").json["status"] == "expired"
    assert house.told("referral_amended", referral_id=waiting["id"]) == []


def test_what_is_in_force_again_expires_anew_when_its_series_is_cancelled(
    house: House, desk: Caller, therapist: Caller, waiting: dict[str, Any]
) -> None:
    therapist.post(f"/{waiting['id']}/accept")
    booking = Booking(house, waiting)
    lapse(house, waiting)
    booking.tell(booking.booked(), booking.cancelled())
    expire(house)
    versions = [event["version"] for event in ended(house, waiting)]
    assert len(versions) == 2
    assert desk.get(f"/{waiting['id']}").json["status"] == "expired"
    [again] = house.told("referral_amended", referral_id=waiting["id"])
    assert versions[0] < again["version"] < versions[1]


def test_news_of_a_series_and_the_timer_at_once_come_to_an_active_referral(
    house: House, desk: Caller, therapist: Caller
) -> None:
    for _ in range(6):
        referral = desk.post("", a_referral()).json
        therapist.post(f"/{referral['id']}/accept")
        booking = Booking(house, referral)
        put(house, referral, f"start_by = '{today() - timedelta(days=1)}'")
        with ThreadPoolExecutor(3) as crowd:
            crowd.submit(booking.tell, booking.booked())
            crowd.submit(expire, house)
            crowd.submit(expire, house)
        shown = desk.get(f"/{referral['id']}").json
        assert (shown["status"], shown["ended_at"]) == ("active", None)
        again = house.told("referral_amended", referral_id=referral["id"])
        assert len(again) == len(ended(house, referral)) <= 1
