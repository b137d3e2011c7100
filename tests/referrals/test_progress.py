"""Following a referral through booking, whatever the order in which its events come."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from services.chassis.events import encode
from services.chassis.ids import new_id
from services.contracts.booking import SeriesBooked, SeriesCancelled, SeriesChanged, SeriesCompleted, SessionCompleted
from services.contracts.event import Event
from services.contracts.subscriptions import SUBSCRIPTIONS
from services.referrals.worker import ReferralsWorker
from tests.referrals.house import Caller, House, a_referral

NOW = datetime(2027, 3, 10, 15, tzinfo=UTC)


class Booking:
    """What booking would tell of one referral's series."""

    def __init__(self, house: House, referral: dict[str, Any]) -> None:
        self._house = house
        self._about = {
            "referral_id": UUID(referral["id"]),
            "patient_id": UUID(referral["patient_id"]),
            "series_id": new_id(),
        }

    def booked(self, version: int = 1) -> SeriesBooked:
        return SeriesBooked(version=version, completed=0, booked_at=NOW, **self._span())

    def changed(self, version: int = 2) -> SeriesChanged:
        return SeriesChanged(version=version, completed=1, changed_at=NOW, **self._span())

    def cancelled(self, version: int = 2) -> SeriesCancelled:
        return SeriesCancelled(version=version, completed=0, cancelled_at=NOW, **self._span())

    def completed(self, version: int = 2) -> SeriesCompleted:
        return SeriesCompleted(version=version, completed=2, completed_at=NOW, **self._span())

    def _span(self) -> dict[str, Any]:
        return {**self._about, "visits": 2, "first_at": NOW, "last_at": NOW}

    def kept(self, number: int) -> SessionCompleted:
        return SessionCompleted(
            session_id=new_id(),
            version=3,
            number=number,
            of=2,
            status="completed",
            starts_at=NOW,
            ends_at=NOW,
            completed_at=NOW,
            **self._about,
        )

    def tell(self, *events: Event) -> None:
        worker = ReferralsWorker()
        worker.runtime = self._house.running
        for event in events:
            body = encode(event, self._house.running.seal, event_id=new_id(), at=NOW, trace=None)
            handle = worker.handlers()[event.event_type()]
            for _ in range(2):
                self._house.running.inbox.take(body, handle)


@pytest.fixture
def accepted(desk: Caller, therapist: Caller) -> dict[str, Any]:
    made = desk.post("", a_referral(visits=2)).json
    answer: dict[str, Any] = therapist.post(f"/{made['id']}/accept").json
    return answer


def stand(desk: Caller, referral: dict[str, Any]) -> tuple[str, int, str]:
    shown = desk.get(f"/{referral['id']}").json
    return shown["status"], shown["visits_kept"], shown["business_status"]


def test_the_worker_reacts_to_exactly_what_it_is_sent() -> None:
    assert ReferralsWorker().handlers().keys() == {event.event_type() for event in SUBSCRIPTIONS["referrals"]}


def test_a_booked_series_makes_the_referral_active(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked())
    assert stand(desk, accepted) == ("active", 0, "5.1.1")


def test_a_visit_that_took_place_counts_once(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    booking = Booking(house, accepted)
    first = booking.kept(1)
    booking.tell(booking.booked(), first, first)
    assert stand(desk, accepted) == ("active", 1, "5.1.4")


def test_every_order_of_the_events_ends_alike(house: House, desk: Caller, therapist: Caller) -> None:
    for order in permutations(range(4)):
        referral = desk.post("", a_referral(visits=2)).json
        therapist.post(f"/{referral['id']}/accept")
        booking = Booking(house, referral)
        events = [booking.booked(), booking.kept(1), booking.kept(2), booking.completed()]
        booking.tell(*(events[place] for place in order))
        assert stand(desk, referral) == ("completed", 2, "7.0"), order
    assert house.rows("SELECT 1 FROM inbox WHERE state <> 'done'") == []


def test_a_further_series_makes_a_completed_referral_active_again(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    first, further = Booking(house, accepted), Booking(house, accepted)
    first.tell(first.booked(), first.completed())
    further.tell(further.booked())
    assert stand(desk, accepted)[0] == "active"
    further.tell(further.completed())
    assert stand(desk, accepted)[0] == "completed"


def test_a_referral_whose_only_series_was_cancelled_waits_to_be_booked_again(
    house: House, desk: Caller, therapist: Caller
) -> None:
    for order in permutations(range(3)):
        referral = desk.post("", a_referral(visits=2)).json
        therapist.post(f"/{referral['id']}/accept")
        booking = Booking(house, referral)
        events = [booking.booked(), booking.changed(2), booking.cancelled(3)]
        booking.tell(*(events[place] for place in order))
        assert stand(desk, referral) == ("accepted", 0, "3.0"), order
        booking.tell(booking.changed(4))
        assert stand(desk, referral)[0] == "active"


def test_a_cancelled_series_leaves_the_others_as_they_are(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    first, further = Booking(house, accepted), Booking(house, accepted)
    first.tell(first.booked(), first.completed())
    further.tell(further.booked(), further.cancelled())
    assert stand(desk, accepted)[0] == "completed"


def test_a_restored_visit_makes_a_completed_referral_active_again(
    house: House, desk: Caller, accepted: dict[str, Any]
) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked(), booking.completed(2), booking.changed(3))
    assert stand(desk, accepted)[0] == "active"
    booking.tell(booking.completed(2))
    assert stand(desk, accepted)[0] == "active"


def test_an_accepted_referral_that_was_booked_and_cancelled_is_not_reviewed_again(
    house: House, therapist: Caller, accepted: dict[str, Any]
) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked())
    assert therapist.post(f"/{accepted['id']}/accept").json["code"] == "already_reviewed"
    booking.tell(booking.cancelled())
    assert therapist.post(f"/{accepted['id']}/accept").json["code"] == "already_reviewed"


def test_a_declined_referral_stays_declined(house: House, desk: Caller, therapist: Caller) -> None:
    referral = desk.post("", a_referral()).json
    therapist.post(f"/{referral['id']}/decline", {"reason": "No"})
    booking = Booking(house, referral)
    booking.tell(booking.booked())
    assert stand(desk, referral)[0] == "declined"


def test_each_step_is_a_version_and_an_audit_row(house: House, desk: Caller, accepted: dict[str, Any]) -> None:
    booking = Booking(house, accepted)
    booking.tell(booking.booked(), booking.kept(1), booking.kept(2), booking.completed())
    assert desk.get(f"/{accepted['id']}").json["version"] == accepted["version"] + 4
    rows = house.rows(
        "SELECT actor FROM audit WHERE act = 'referral_progressed' AND object_id = :id", id=accepted["id"]
    )
    assert len(rows) == 4
    assert rows[0].actor == "event:booking.series_booked"
