"""Two records of one patient are one person, who is in one place at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking.visits import one_person
from services.contracts.referrals import PatientsMerged, PatientsSeparated
from tests.booking.conftest import House
from tests.booking.practice_day import accepted, at
from tests.booking.test_orders import take

NOON = datetime(2027, 3, 1, 17, tzinfo=UTC)


@pytest.fixture
def patients(house: House) -> list[UUID]:
    house.load()
    events = [accepted(visits=8) for _ in range(3)]
    for event in events:
        house.receive(event, take(house))
    return [event.patient_id for event in events]


def merge(house: House, keep: UUID, other: UUID, minutes: int = 0) -> None:
    event = PatientsMerged(patient_id=keep, version=2, merged_id=other, merged_at=NOON + timedelta(minutes=minutes))
    house.receive(event, one_person.merged)


def separate(house: House, top: UUID, alone: UUID, minutes: int = 1) -> None:
    after = NOON + timedelta(minutes=minutes)
    event = PatientsSeparated(patient_id=top, version=3, separated_id=alone, separated_at=after)
    house.receive(event, one_person.separated)


def book(house: House, patient: UUID, time: str, who: int) -> Any:
    shown = house.get("/clinic")
    [order] = house.rows("SELECT id FROM orders WHERE patient_id = :patient", patient=patient)
    place = {"therapist": shown["therapists"][who]["id"], "room": shown["rooms"][who]["id"]}
    return house.book(str(order.id), {"start_at": at(time), **place})


def resources(house: House, *patients: UUID) -> list[int]:
    query = "SELECT patient_resource_id FROM orders WHERE patient_id = :patient"
    return [house.rows(query, patient=patient)[0][0] for patient in patients]


def test_strangers_may_come_at_the_same_time(house: House, patients: list[UUID]) -> None:
    assert book(house, patients[0], "03-03 09:00", 0).status_code == 201
    assert book(house, patients[1], "03-03 09:00", 1).status_code == 201


def test_merged_they_are_not_booked_twice_at_the_same_time(house: House, patients: list[UUID]) -> None:
    assert book(house, patients[0], "03-03 09:00", 0).status_code == 201
    merge(house, *patients[:2])
    answer = book(house, patients[1], "03-03 09:00", 1)
    assert (answer.status_code, answer.json["code"]) == (409, "slot_taken")
    assert book(house, patients[1], "03-03 11:00", 1).status_code == 201
    assert book(house, patients[0], "03-03 11:00", 0).status_code == 409


def test_what_was_booked_at_the_same_time_stays_and_nothing_is_added(house: House, patients: list[UUID]) -> None:
    for who in (0, 1):
        assert book(house, patients[who], "03-03 09:00", who).status_code == 201
    merge(house, *patients[:2])
    assert house.rows("SELECT count(*) FROM sessions WHERE status = 'booked'") == [(2,)]
    assert house.rows("SELECT state FROM inbox WHERE state <> 'done'") == []


def test_separated_again_they_may_come_at_the_same_time(house: House, patients: list[UUID]) -> None:
    assert book(house, patients[1], "03-03 09:00", 1).status_code == 201
    merge(house, *patients[:2])
    assert book(house, patients[0], "03-03 09:00", 0).status_code == 409
    separate(house, *patients[:2])
    assert book(house, patients[0], "03-03 09:00", 0).status_code == 201
    assert book(house, patients[1], "03-03 09:00", 1).status_code == 409


def test_an_order_that_comes_after_the_merge_belongs_to_the_one_person(house: House, patients: list[UUID]) -> None:
    merge(house, patients[0], patients[1])
    later = accepted()
    merge(house, patients[0], later.patient_id)
    house.receive(later, take(house))
    assert len(set(resources(house, patients[0], patients[1], later.patient_id))) == 1


def test_an_end_that_is_told_first_is_not_undone_by_the_merge(house: House, patients: list[UUID]) -> None:
    separate(house, *patients[:2])
    merge(house, *patients[:2])
    assert len(set(resources(house, *patients[:2]))) == 2


def test_three_in_a_row_are_one_person_and_come_apart_in_the_middle(house: House, patients: list[UUID]) -> None:
    first, second, third = patients
    merge(house, second, third)
    merge(house, first, second)
    assert len(set(resources(house, *patients))) == 1
    separate(house, first, second)
    assert resources(house, second) == resources(house, third) != resources(house, first)


def test_orders_and_merges_at_the_same_time_end_alike(house: House) -> None:
    house.load()
    events = [accepted() for _ in range(8)]
    keep = events[0].patient_id

    def act(number: int) -> None:
        if number % 2:
            house.receive(events[number // 2], take(house))
        elif number:
            merge(house, keep, events[number // 2].patient_id)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(act, range(16)))
    assert house.rows("SELECT state FROM inbox WHERE state <> 'done'") == []
    assert len(set(resources(house, *(event.patient_id for event in events)))) == 1
