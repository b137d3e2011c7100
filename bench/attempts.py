"""Desks that book at random, all at once, in a clinic that has room at first and fills: what is taken must be said
quickly too. The same over a service that looks and then inserts, under a lock or serializable; and without HTTP.

Clients, gunicorn and PostgreSQL share this machine's cores.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text

from bench import plain_attempts
from bench.booking_api import Desk, booking_api, fresh_database, gunicorn
from bench.full_clinic import CLOSES, FIRST, OPENS, ZONE, Full, fill
from services.booking.refusals import NoVisitsLeft, SlotTaken
from services.booking.visits.book import book
from services.booking.visits.bookable import Wanted
from services.booking.visits.early import refuse_if_plainly_taken
from services.chassis.runtime import Runtime
from services.local.postgres import Postgres

DESKS, SECONDS, WARM_UP_SECONDS = 16, 10, 2
WORKERS, THREADS = 2, 8
PLAIN_WAYS = {"lock": "plain", "serializable": "plain_serializable"}
BUSY = 0.3
"""The share of everybody's time that is taken before the first desk asks."""
WEEKDAYS = [day for n in range(1, 88) if (day := FIRST + timedelta(days=n)).weekday() < 5]


def measure(postgres: Postgres, say: Callable[[str], None]) -> dict[str, float]:
    found: dict[str, float] = {}
    say(f"{DESKS} desks book at random for {SECONDS} s; then with alternatives; then plainly, two ways; then the act")
    with booking_api(postgres, workers=WORKERS, threads=THREADS) as api:
        clinic = fill(api.running, orders=6000, busy=BUSY)
        answers = _all_at_once(api.port, api.private_key, clinic, alternatives=False)
        found |= _rates("booking_attempts", answers)
        found["booking_attempts_booked_share"] = answers[201] / sum(answers.values())
        answers = _all_at_once(api.port, api.private_key, clinic, alternatives=True)
        found |= _rates("booking_attempts_with_alternatives", answers)
        for way, name in PLAIN_WAYS.items():
            with _plain(postgres, api.running.settings.database_url, way) as port:
                answers = _all_at_once(port, api.private_key, clinic, alternatives=False)
            found[f"booking_attempts_per_s_{name}"] = sum(answers.values()) / SECONDS
        found |= _rates("booking_acts", _acts(api.running, clinic))
    return found


def _rates(name: str, answers: Counter[int]) -> dict[str, float]:
    """All attempts, those that were booked, and those that were refused, each second."""
    counted = {"": sum(answers.values()), "booked_": answers[201], "refused_": answers[409]}
    return {f"{name}_{kind}per_s": count / SECONDS for kind, count in counted.items()}


def _acts(running: Runtime, clinic: Full) -> Counter[int]:
    """The act alone, without HTTP, in as many processes as gunicorn has: both cores, PostgreSQL's work included."""
    fork = multiprocessing.get_context("fork")
    told: Any = fork.SimpleQueue()
    desks = [fork.Process(target=_act, args=(running, clinic, number, told)) for number in range(WORKERS)]
    for desk in desks:
        desk.start()
    answers = sum((told.get() for _ in desks), Counter())
    for desk in desks:
        desk.join()
    return answers


def _act(running: Runtime, clinic: Full, number: int, told: Any) -> None:
    running.engine.dispose(close=False)  # the parent's connections are not ours
    told.put(_one_after_the_other(running, clinic, number))


def _one_after_the_other(running: Runtime, clinic: Full, number: int) -> Counter[int]:
    """With the look before it that the API takes too."""
    answers: Counter[int] = Counter()
    chance, ends = random.Random(f"acts {number}"), time.perf_counter() + SECONDS
    while time.perf_counter() < ends:
        order_id = chance.choice(clinic.orders)
        visits = [_wanted(one) for one in _visits(chance, clinic)]
        try:
            with running.sessions.begin() as session:
                refuse_if_plainly_taken(session, order_id, visits)
                book(session, running.outbox, order_id, visits)
            answers[201] += 1
        except (SlotTaken, NoVisitsLeft):
            answers[409] += 1
    return answers


def _wanted(visit: dict[str, Any]) -> Wanted:
    return Wanted(datetime.fromisoformat(visit["start_at"]), visit["therapist"], visit["room"])


@contextmanager
def _plain(postgres: Postgres, source: str, way: str) -> Iterator[int]:
    """A plain service on a database of its own, with the sessions that the clinic has."""
    with fresh_database(postgres) as url:
        _copy(source, url)
        environ = {**os.environ, "PLAIN_DATABASE_URL": url, "PLAIN_WAY": way}
        log = postgres.folder / "plain.log"
        with gunicorn("bench.plain_attempts:app()", environ, log, workers=WORKERS, threads=THREADS) as port:
            yield port


def _copy(source: str, target: str) -> None:
    of_fascia, of_plain = create_engine(source), create_engine(target)
    query = "SELECT therapist_id AS therapist, room_id AS room, '' || id AS patient, starts_at AS starts FROM sessions"
    with of_fascia.connect() as ours, of_plain.begin() as plain:
        rows = [dict(row._mapping) for row in ours.execute(text(query))]
        plain.execute(text(plain_attempts.TABLE))
        plain.execute(plain_attempts.INSERT, [{**row, "ends": row["starts"] + plain_attempts.LENGTH} for row in rows])
    of_fascia.dispose()
    of_plain.dispose()


def _all_at_once(port: int, private_key: str, clinic: Full, alternatives: bool) -> Counter[int]:
    """How many answers of each status came in `SECONDS`, after a warm-up."""
    begins = time.perf_counter() + WARM_UP_SECONDS

    def book(seed: int) -> Counter[int]:
        desk, chance = Desk(port, private_key), random.Random(f"{seed} {alternatives}")
        return _book(desk, chance, clinic, clinic.orders[seed::DESKS], begins, alternatives)

    with ThreadPoolExecutor(DESKS) as desks:
        return sum(desks.map(book, range(DESKS)), Counter())


def _book(
    desk: Desk, chance: random.Random, clinic: Full, orders: list[Any], begins: float, alternatives: bool
) -> Counter[int]:
    answers: Counter[int] = Counter()
    while time.perf_counter() < begins + SECONDS:
        wanted = {"order_id": str(chance.choice(orders)), "visits": _visits(chance, clinic)}
        body = wanted if alternatives else {**wanted, "alternatives": False}
        status, content = desk.post("/series", body, **{"Idempotency-Key": str(uuid4())})
        assert status in (201, 409), content
        if begins <= time.perf_counter() < begins + SECONDS:
            answers[status] += 1
    return answers


def _visits(chance: random.Random, clinic: Full) -> list[dict[str, Any]]:
    """One to three visits at full hours, in the order of their dates."""
    return [_visit(chance, clinic, day) for day in sorted(chance.sample(WEEKDAYS, chance.randint(1, 3)))]


def _visit(chance: random.Random, clinic: Full, day: date) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, chance.randrange(OPENS, CLOSES), tzinfo=ZONE)
    place = {"therapist": chance.choice(clinic.therapists), "room": chance.choice(clinic.rooms)}
    return {"start_at": at.isoformat(), **place}
