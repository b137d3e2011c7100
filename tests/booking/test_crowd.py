"""A crowd of desks that books, moves and calls off at random: nothing overlaps, nobody waits in a circle."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from services.booking.orders.recount import recount
from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from tests.booking.conftest import House
from tests.booking.practice_day import accepted, therapist
from tests.booking.test_races import OVERLAPS, together

WORKERS = 16
HOURS = ("09:00", "09:30", "10:15", "11:00", "11:45", "14:00", "14:30", "15:30", "16:45")
REFUSALS = {
    (409, "slot_taken"),
    (409, "no_visits_left"),
    (409, "session_not_open"),
    (412, "stale_version"),
    (422, "invalid"),
}
"""What a desk may be told in a crowd; never that it should try again, nor that something broke."""


class Desk:
    """One of many, with a chance of its own. All see the same orders and sessions."""

    def __init__(self, house: House, seed: int, shared: dict[str, Any]) -> None:
        self.house, self.chance, self.shared = house, random.Random(seed), shared
        self.answers: Counter[tuple[int, str | None]] = Counter()

    def work(self, rounds: int) -> None:
        for _ in range(rounds):
            self._book()
            act = self.chance.choice([self._move, self._move, self._cancel, self._cancel, self._restore, self._extend])
            act()

    def _book(self) -> None:
        order_id = self.chance.choice(self.shared["orders"])
        series = self._said(self.house.book(order_id, *self._places(self.chance.randint(1, 3))))
        if series:
            self.shared["series"].append(series["series_id"])
            self.shared["sessions"] += [one["id"] for one in series["sessions"]]

    def _move(self) -> None:
        (place,) = self._places(1)
        scope = self.chance.choice(["this", "this", "following", "all"])
        self._act("move", {**place, "scope": scope})

    def _cancel(self) -> None:
        self._act("cancel", {"by": "clinic", "scope": self.chance.choice(["this", "this", "this", "all"])})

    def _restore(self) -> None:
        self._act("restore", None)

    def _extend(self) -> None:
        if self.shared["series"]:
            path = f"/series/{self.chance.choice(self.shared['series'])}/visits"
            self._said(self.house.ask("POST", path, {"visits": self._places(1)}, key=str(uuid4())))

    def _act(self, act: str, body: Any) -> None:
        if self.shared["sessions"]:
            session_id = self.chance.choice(self.shared["sessions"])
            self._said(self.house.ask("POST", f"/sessions/{session_id}/{act}", body))

    def _places(self, count: int) -> list[dict[str, Any]]:
        """On as many days, at one hour, with one therapist."""
        hour, who = self.chance.choice(HOURS), self.chance.choice(self.shared["therapists"])
        days = sorted(self.chance.sample(self.shared["days"], count))
        return [
            {"start_at": f"{day}T{hour}:00-05:00", "therapist": who, "room": self.chance.choice(self.shared["rooms"])}
            for day in days
        ]

    def _said(self, answer: TestResponse) -> dict[str, Any] | None:
        body = answer.json or {}
        self.answers[answer.status_code, body.get("code")] += 1
        return body if answer.status_code == 201 else None


def orders_of(house: House, count: int) -> list[str]:
    """Half as many patients, so that two orders contend for one; of 30 and 45 minutes."""
    patients = [uuid4() for _ in range(max(1, count // 2))]
    for number in range(count):
        event = accepted(visits=4, session_minutes=30 if number % 2 else 45)
        with house.running.sessions.begin() as session:
            told = replace(event, patient_id=patients[number % len(patients)])
            take_order(session, house.running.outbox, vault(house.running), told)
    return [str(row.id) for row in house.rows("SELECT id FROM orders")]


def crowd(house: House, rounds: int) -> Counter[tuple[int, str | None]]:
    clinic = house.load(therapists=[therapist(key) for key in ("amara", "jonas", "lucia", "mei")])
    shared = {
        "orders": orders_of(house, WORKERS * rounds // 3),
        "therapists": [one["id"] for one in clinic["therapists"]],
        "rooms": [one["id"] for one in clinic["rooms"]],
        "days": [f"2027-03-{day:02}" for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)],
        "sessions": [],
        "series": [],
    }
    desks = [Desk(house, seed, shared) for seed in range(WORKERS)]
    with capture_logs():
        together([lambda desk=desk: desk.work(rounds) for desk in desks])
    return sum((desk.answers for desk in desks), Counter())


def books_agree(house: House) -> None:
    after: UUID = UUID(int=0)
    while True:
        with house.running.sessions.begin() as session:
            part = recount(session, after)
        assert part.differences == []
        if part.next is None:
            break
        after = part.next
    assert house.rows(OVERLAPS) == [(0,)]
    spent = "SELECT order_id, count(*) FROM series JOIN sessions ON series_id = series.id WHERE status <> 'cancelled'"
    assert all(count <= 4 for _, count in house.rows(f"{spent} GROUP BY order_id"))


def said_what_a_desk_may_hear(answers: Counter[tuple[int, str | None]]) -> None:
    strange = {said: count for said, count in answers.items() if said[0] >= 300 and said not in REFUSALS}
    assert strange == {}
    assert min(answers[201, None], answers[200, None], answers[409, "slot_taken"]) > 0


def test_a_crowd_that_books_moves_and_calls_off_leaves_no_overlap_and_sees_no_deadlock(house: House) -> None:
    said_what_a_desk_may_hear(crowd(house, 25))
    books_agree(house)


@pytest.mark.long
def test_a_crowd_that_books_moves_and_calls_off_for_long(house: House) -> None:
    said_what_a_desk_may_hear(crowd(house, 500))
    books_agree(house)
