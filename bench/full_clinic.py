"""A clinic in booking's database, as busy as a good one is: sessions of other patients over ninety days.

Everything is the same for the same seed. The database's clock is moved to the first morning, so that the days lie over
a change of the clocks whenever the bench runs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking.clinic.load import load_clinic
from services.booking.clinic.schema import ClinicSchema
from services.booking.models import Claim, Order, Resource, Room, Series, Therapist, Visit
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime

ZONE = ZoneInfo("America/New_York")
FIRST = date(2027, 2, 15)
MORNING = datetime(2027, 2, 15, 7, tzinfo=ZONE)
DAYS = 90
OPENS, CLOSES = 9, 17
SESSION, BUFFER = timedelta(minutes=45), timedelta(minutes=15)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


@dataclass(frozen=True)
class Full:
    """What was made: ids, and how many claims."""

    therapists: list[int]
    rooms: list[int]
    orders: list[UUID]
    claims: int


def fill(
    running: Runtime, *, therapists: int = 20, rooms: int = 10, busy: float = 0.7, orders: int = 20, seed: int = 1
) -> Full:
    """A loaded clinic whose therapists and rooms are taken for the share `busy`, and orders of twelve visits."""
    chance = random.Random(seed)
    with running.sessions.begin() as session:
        session.execute(
            text("INSERT INTO demo_clock (ahead) VALUES (:morning - clock_timestamp())"), {"morning": MORNING}
        )
        load_clinic(session, running.outbox, ClinicSchema().load(_file(therapists, rooms)))
        people = list(session.scalars(select(Therapist.id).order_by(Therapist.id)))
        places = list(session.scalars(select(Room.id).order_by(Room.id)))
        made = [_order(session, number) for number in range(orders + 1)]
        claims = _book(session, made.pop(), list(_taken(chance, people, places, busy)))
    with running.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return Full(people, places, made, claims)


def _file(therapists: int, rooms: int) -> dict[str, Any]:
    licence = {"state": "NY", "number": "027431-01", "valid_until": "2029-08-31"}
    people = [
        {"key": f"t{n}", "name": f"Therapist {n}", "licence": licence, "techniques": ["swedish"], "buffer_minutes": 15}
        for n in range(therapists)
    ]
    return {
        "name": "Riverbend",
        "timezone": ZONE.key,
        "phone": "+1 212 555 0134",
        "email": "desk@riverbend.example",
        "address": "48 Riverbend Lane, Beacon",
        "hours": {day: [f"{OPENS:02}:00-{CLOSES:02}:00"] for day in WEEKDAYS},
        "therapists": people,
        "rooms": [{"key": f"r{n}", "name": f"Room {n}"} for n in range(rooms)],
    }


def _order(session: Session, number: int) -> UUID:
    patient = session.scalars(insert(Resource).values(kind="patient", key=str(number)).returning(Resource.id)).one()
    order = {
        **{"id": new_id(), "referral_id": new_id(), "reference": f"R-{number}", "patient_id": new_id()},
        **{"patient_resource_id": patient, "version": 1, "terms_version": 1, "accepted_at": MORNING},
        **{"visits": 12, "cadence_visits": 2, "cadence_days": 7, "session_minutes": 45, "home_visit": False},
        **{"issued_on": FIRST, "valid_until": FIRST + timedelta(DAYS - 1)},
        **{"techniques": ["swedish"], "equipment": [], "condition_keys": []},
    }
    return session.scalars(insert(Order).values(order).returning(Order.id)).one()


Place = tuple[datetime, int, int | None]


def _taken(chance: random.Random, therapists: Sequence[int], rooms: Sequence[int], busy: float) -> Iterator[Place]:
    """Hours of therapists, each with a room while the rooms' own share lasts, else at the patient's home."""
    for day in (FIRST + timedelta(n) for n in range(DAYS)):
        for hour in range(OPENS, CLOSES) if day.weekday() < 5 else ():
            at = datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)
            free = [room for room in rooms if chance.random() < busy]
            for therapist in therapists:
                if chance.random() < busy:
                    yield at, therapist, free.pop() if free else None


def _book(session: Session, order_id: UUID, places: Sequence[Place]) -> int:
    """All of them as one long series; patients are left out, they have no part in other patients' plans."""
    series = {"id": new_id(), "order_id": order_id, "visits": len(places), "version": 1, "booked_at": MORNING}
    session.execute(insert(Series), [series])
    sessions, claims = [], []
    for number, (at, therapist, room) in enumerate(places, 1):
        visit = new_id()
        sessions.append(
            {
                **{"id": visit, "series_id": series["id"], "number": number, "status": "booked", "version": 1},
                **{"sequence": 0, "starts_at": at, "ends_at": at + SESSION, "therapist_id": therapist, "room_id": room},
            }
        )
        held = Range(at, at + SESSION + BUFFER)
        claims += [{"session_id": visit, "resource_id": one, "during": held} for one in (therapist, room) if one]
    for table, rows in ((Visit, sessions), (Claim, claims)):
        if rows:
            session.execute(insert(table), rows)
    return len(claims)
