"""How long it takes to plan the messages of a series of twelve visits: all of them at once, and after each event."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, text

from bench import due_texts
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.contracts.booking import SeriesBooked, SessionBooked
from services.notify import models
from services.notify.planning import learn
from services.notify.planning.locks import lock_referral
from services.notify.planning.reconcile import reconcile

SERIES, VISITS = 30, 12


def measure(running: Runtime) -> dict[str, float]:
    """Median milliseconds, each of a transaction from its locks to its commit."""
    events: list[float] = []
    whole: list[float] = []
    people = list(due_texts.people(running, SERIES))
    with running.sessions.begin() as session:
        session.execute(insert(models.Contact.__table__), people)
    for person in people:
        referral_id = _booked(running, person["id"], events)
        _planned_at_once(running, referral_id, person["id"], whole)
    return {
        "plan_messages_of_series_ms_p50": statistics.median(whole),
        "plan_messages_of_event_ms_p50": statistics.median(events),
    }


def _booked(running: Runtime, patient_id: UUID, times: list[float]) -> UUID:
    now = datetime.now(UTC)
    starts = [now + timedelta(days=3 + 4 * n) for n in range(VISITS)]
    ids = {"series_id": new_id(), "referral_id": new_id(), "patient_id": patient_id}
    series = SeriesBooked(
        version=1, visits=VISITS, completed=0, first_at=starts[0], last_at=starts[-1], booked_at=now, **ids
    )
    with _timed(times), running.sessions.begin() as session:
        learn.series(session, series, now, booked_at=now)
    for number, at in enumerate(starts, start=1):
        visit = SessionBooked(
            version=1, session_id=new_id(), number=number, of=VISITS, status="booked", starts_at=at,
            ends_at=at + timedelta(minutes=30), **ids,
        )  # fmt: skip
        with _timed(times), running.sessions.begin() as session:
            learn.visit(session, visit, learn.Act("booked"))
    return ids["referral_id"]


def _planned_at_once(running: Runtime, referral_id: UUID, patient_id: UUID, times: list[float]) -> None:
    """What follows from all that is known, none of it planned yet."""
    with running.sessions.begin() as session:
        session.execute(text("DELETE FROM messages WHERE referral_id = :id"), {"id": referral_id})
    with _timed(times), running.sessions.begin() as session:
        lock_referral(session, referral_id, patient_id)
        reconcile(session, [referral_id])
    query = text("SELECT count(*) FROM messages WHERE referral_id = :id AND state = 'planned'")
    with running.sessions.begin() as session:
        planned = session.scalar(query, {"id": referral_id}) or 0
    assert planned >= VISITS, planned


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times.append((time.perf_counter() - began) * 1000)
