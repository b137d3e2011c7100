"""Reminders that all fall due at the same instant, one for each patient: the rows, as notify keeps them, and the
count of what arrived. The logical key of a text is its phone number, so a second text to one number is a duplicate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import requests
from sqlalchemy import insert, text

from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.notify import models
from services.notify.people.addresses import book_of

FIRST_PHONE = 12_125_500_000
LEAD = timedelta(hours=2)
BOOKED = timedelta(days=7)
"""So long before, and confirmed then."""
SENT_FROM = "+15005550006"


@dataclass(frozen=True)
class Arrived:
    """What the stand-in's own log says. Seconds are counted from the instant at which the texts fell due."""

    texts: int
    lost: int
    duplicated: int
    seconds: list[float]
    """One for each number that was reached, of its first text, in order."""

    @property
    def p99(self) -> float:
        return self.seconds[int(0.99 * (len(self.seconds) - 1))]

    @property
    def per_second(self) -> float:
        return len(self.seconds) / max(self.seconds[-1], 0.001)


def number(index: int) -> str:
    return f"+{FIRST_PHONE + index}"


def plan(running: Runtime, count: int, due_at: datetime, over: timedelta = timedelta()) -> None:
    """As many patients with a visit two hours after `due_at`, and one text that is due then, for each; or one after
    the other, `over` so long."""
    zone = where_it_is_noon(due_at)
    patients = list(people(running, count))
    with running.sessions.begin() as session:
        session.execute(insert(models.Clinic.__table__), [_clinic(zone)])
        session.execute(insert(models.Contact.__table__), patients)
        ids = [patient["id"] for patient in patients]
        rows = [_rows(id_, due_at + over * place / count, zone) for place, id_ in enumerate(ids)]
        for place, table in enumerate((models.Series, models.Visit, models.Message, models.Message)):
            session.execute(insert(table.__table__), [row[place] for row in rows])
    with running.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def where_it_is_noon(at: datetime) -> ZoneInfo:
    """Texts are only sent by day."""
    ahead = 12 - at.astimezone(UTC).hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")


def arrived(sandbox_url: str, count: int, due_at: datetime) -> Arrived:
    told = requests.get(f"{sandbox_url}/sandbox/messages.json", timeout=60).json()["messages"]
    first: dict[str, datetime] = {}
    times: Counter[str] = Counter()
    for one in told:
        times[one["to"]] += 1
        first.setdefault(one["to"], datetime.fromisoformat(one["created"]))
    seconds = sorted((at - due_at).total_seconds() for at in first.values())
    lost = sum(number(index) not in times for index in range(count))
    return Arrived(len(told), lost, sum(many - 1 for many in times.values()), seconds)


def _clinic(zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": new_id(), "version": 1, "name": "Harbor Massage", "timezone": zone.key, "phone": "+12125550100",
        "email": "desk@harbor.example", "address": "1 Harbor Street", "language": "en", "reminder_minutes": [120],
    }  # fmt: skip


def people(running: Runtime, count: int) -> Iterator[dict[str, Any]]:
    """Patients who agreed to texts, as rows of `contacts`."""
    book = book_of(running)
    name = book.close("Jordan Rivera")
    for index in range(count):
        phone = number(index)
        yield {
            "id": new_id(), "version": 1, "role": "patient", "name": name, "phone": book.close(phone),
            "phone_hash": book.hash(phone), "language": "en", "text_consent": True, "email_consent": False,
        }  # fmt: skip


def _rows(patient_id: Any, due_at: datetime, zone: ZoneInfo) -> tuple[dict[str, Any], ...]:
    """A series, its visit, the confirmation that was sent and the reminder that is due: as planning would have it."""
    starts_at = due_at + LEAD
    ids = {name: new_id() for name in ("series_id", "referral_id")} | {"patient_id": patient_id}
    told = {"recipient": patient_id, "role": "patient", "zone": zone.key, **ids}
    series = {
        "id": ids["series_id"], "version": 1, "referral_id": ids["referral_id"], "patient_id": patient_id,
        "visits": 1, "completed": 0, "first_at": starts_at, "last_at": starts_at, "booked_at": due_at - BOOKED,
    }  # fmt: skip
    confirmation = {
        "id": new_id(), "subject_id": series["id"], "kind": "series_confirmation", "channel": "email",
        "state": "sent", "due_at": due_at - BOOKED, "ready_at": due_at - BOOKED, "sent_at": due_at - BOOKED,
        "send_before": starts_at, **told,
    }  # fmt: skip
    visit = {
        "id": new_id(), "version": 1, "number": 1, "of_visits": 1, "status": "booked", "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=30), "home_visit": False, **ids,
    }  # fmt: skip
    message = {
        "id": new_id(), "subject_id": visit["id"], "starts_at": starts_at, "kind": "reminder_120", "channel": "text",
        "session_id": visit["id"], "due_at": due_at, "ready_at": due_at, "send_before": starts_at - LEAD / 2, **told,
    }  # fmt: skip
    return series, visit, confirmation, message
