"""Within the clinic's notice a patient moves a visit only by asking the clinic, as they would cancel it late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking.practice.policy import Policy
from services.booking.visits.cancelling import moved_until
from services.booking.visits.choose import time_chosen
from services.chassis.ids import new_id
from services.contracts.booking import ChoiceRefused
from services.contracts.notify import TimeChosen
from tests.booking.conftest import House
from tests.booking.life import act, booked, done, facts, refused
from tests.booking.practice_day import NEW_YORK, at

FIRST = datetime(2027, 3, 2, 9, tzinfo=NEW_YORK)


@pytest.fixture
def desk(house: House) -> House:
    house.load()
    return house


def test_a_patient_may_move_as_long_as_they_could_cancel_in_time() -> None:
    assert moved_until(FIRST, Policy(notice_hours=48)) == FIRST - timedelta(hours=48)


def late(desk: House) -> dict[str, Any]:
    """A series, an hour after it became too late to move its first visit."""
    series = booked(desk)
    desk.move_to(FIRST - timedelta(hours=23))
    return series


def test_too_late_a_patient_is_told_until_when_it_was_possible(desk: House) -> None:
    series = late(desk)
    answer = act(desk, series["ids"][0], "move", role="service", start_at=at("03-03 09:00"), by="patient")
    assert (refused(answer), set(facts(answer))) == ((409, "too_late_to_move"), {"until"})
    assert datetime.fromisoformat(facts(answer)["until"]) == FIRST - timedelta(hours=24)
    assert desk.announced() == []


def test_up_to_the_notice_a_patient_moves(desk: House) -> None:
    series = booked(desk)
    desk.move_to(FIRST - timedelta(hours=24, minutes=1))
    done(act(desk, series["ids"][0], "move", role="service", start_at=at("03-03 09:00"), by="patient"))


def test_the_desk_moves_for_a_patient_at_any_time(desk: House) -> None:
    done(act(desk, late(desk)["ids"][0], "move", start_at=at("03-03 09:00"), by="patient"))


def test_moving_all_does_not_take_a_visit_along_for_which_it_is_too_late(desk: House) -> None:
    series = late(desk)
    asked: dict[str, Any] = {"start_at": at("03-04 10:00"), "by": "patient", "scope": "all"}
    answer = act(desk, series["ids"][1], "move", role="service", **asked)
    assert refused(answer) == (409, "too_late_to_move")


def test_a_later_visit_can_still_be_moved(desk: House) -> None:
    done(act(desk, late(desk)["ids"][1], "move", role="service", start_at=at("03-05 09:00"), by="patient"))


def test_a_time_chosen_by_text_too_late_is_refused(desk: House) -> None:
    series = late(desk)
    (patient,) = desk.rows("SELECT patient_id FROM orders")[0]
    event = TimeChosen(
        version=1, reply_id=new_id(), session_id=UUID(series["ids"][0]), patient_id=patient,
        starts_at=datetime(2027, 3, 3, 9, tzinfo=NEW_YORK), replied_at=FIRST,
    )  # fmt: skip
    desk.receive(event, lambda session, said: time_chosen(session, desk.running.outbox, said))
    assert [type(one) for one in desk.announced()] == [ChoiceRefused]


def test_a_service_is_offered_no_times_that_it_could_not_take(desk: House) -> None:
    path = f"/sessions/{late(desk)['ids'][0]}/alternatives"
    assert refused(desk.ask("POST", path, {}, role="service")) == (409, "too_late_to_move")
    assert desk.ask("POST", path, {}, role="desk").status_code == 200


def test_after_the_clinic_moved_it_a_cancellation_is_judged_by_the_time_it_has(desk: House) -> None:
    series = late(desk)
    done(act(desk, series["ids"][0], "move", start_at=at("03-03 15:00")))
    assert done(act(desk, series["ids"][0], "cancel", role="service", by="patient"))["late"] is False
