"""A freed time that was taken for a while, by a hold or an absence, is offered when it is free once more."""

from datetime import datetime, timedelta

import pytest

from services.booking.visits.release_hold import release_expired
from tests.booking.conftest import House
from tests.booking.test_absences import entered
from tests.booking.test_series import visit
from tests.booking.test_waitlist import accept, first_of, freed, frees, offers, open_offer, starts, tick


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def hold(house: House, when: str) -> datetime:
    body = {"order_id": house.order(), "visits": [visit(house, when)]}
    answer = house.ask("POST", "/holds", body, key=when)
    assert answer.status_code == 201, answer.text
    return datetime.fromisoformat((answer.json or {})["held_until"])


def test_when_a_hold_over_it_ends_a_freed_time_is_offered(desk: House) -> None:
    booked, _ = first_of(desk)
    frees(desk)
    until = hold(desk, "03-03 10:00")
    tick(desk)
    assert (freed(desk), offers(desk)) == (["filled"], [])
    desk.move_to(until + timedelta(seconds=1))
    assert release_expired(desk.running)
    tick(desk)
    accept(desk, open_offer(desk))
    assert starts(desk, booked)[0] == "03-03 10:00"


def test_a_hold_of_a_time_that_nobody_gave_up_frees_nothing(desk: House) -> None:
    first_of(desk)
    until = hold(desk, "03-03 10:00")
    desk.move_to(until + timedelta(seconds=1))
    assert release_expired(desk.running)
    assert freed(desk) == []


def test_when_an_absence_is_withdrawn_what_was_freed_in_it_is_offered(desk: House) -> None:
    booked, _ = first_of(desk)
    absence = entered(desk, "03-03", "03-03")
    frees_in_absence(desk)
    tick(desk)
    assert (freed(desk), offers(desk)) == (["given_up"], [])
    assert desk.ask("DELETE", f"/absences/{absence['id']}").status_code == 204
    tick(desk)
    accept(desk, open_offer(desk))
    assert starts(desk, booked)[0] == "03-03 10:00"


def test_withdrawn_twice_it_is_offered_once(desk: House) -> None:
    absence = entered(desk, "03-03", "03-03")
    frees_in_absence(desk)
    tick(desk)
    for _ in range(2):
        desk.ask("DELETE", f"/absences/{absence['id']}")
    assert sorted(freed(desk)) == ["given_up", "open"]


def frees_in_absence(house: House) -> None:
    """A time that its therapist was away from, as a re-plan leaves it."""
    house.rows(
        "INSERT INTO freed SELECT gen_random_uuid(), resource_id, (SELECT min(id) FROM locations),"
        " tstzrange('2027-03-03 15:00Z', '2027-03-03 15:45Z'), fascia_now(), 'open' FROM absences RETURNING 1"
    )
