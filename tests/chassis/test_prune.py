"""What was remembered long enough goes, and what is older than that is not taken as new."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.chassis import erased, prune
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.chassis.seal import Seal
from tests.chassis.facts import NOON, SEAL_KEY, effects, rows, session_booked, take_effect, value

SEAL = Seal([SEAL_KEY])


def made(ago: timedelta) -> UUID:
    """An id as it was made then."""
    fresh = new_id()
    then = int((time.time() - ago.total_seconds()) * 1000)
    return UUID(int=then << 80 | fresh.int & (1 << 80) - 1)


def wire(event: object, event_id: UUID) -> str:
    return encode(event, SEAL, event_id=event_id, at=NOON, trace=None)  # type: ignore[arg-type]


def remember(running: Runtime, event_id: UUID, state: str, ago: timedelta) -> None:
    rows(
        running,
        "INSERT INTO inbox (event_id, state, received_at) VALUES (:id, :state, clock_timestamp() - :ago) RETURNING 1",
        id=event_id,
        state=state,
        ago=ago,
    )


OLD, YOUNG = timedelta(days=31), timedelta(days=29, hours=12)


def test_events_that_took_effect_are_forgotten_after_thirty_days(notify: Runtime) -> None:
    gone = [made(OLD) for _ in range(3)]
    kept = [
        (made(YOUNG), "done", YOUNG),
        (made(OLD), "retry", OLD),
        (made(OLD), "parked", OLD),
        (made(OLD), "done", YOUNG),
    ]
    for event_id in gone:
        remember(notify, event_id, "done", OLD)
    for one in kept:
        remember(notify, *one)
    assert prune.prune(notify.sessions) == 3
    assert {row.event_id for row in rows(notify, "SELECT event_id FROM inbox")} == {event_id for event_id, *_ in kept}


def test_answers_under_a_key_are_forgotten_after_a_week(notify: Runtime) -> None:
    add = (
        "INSERT INTO idempotency (key, actor, fingerprint, created_at)"
        " VALUES (:key, 'a', 'b', clock_timestamp() - :ago) RETURNING 1"
    )
    rows(notify, add, key="old", ago=timedelta(days=7, minutes=1))
    rows(notify, add, key="young", ago=timedelta(days=6, hours=23))
    assert prune.prune(notify.sessions) == 1
    assert value(notify, "SELECT key FROM idempotency") == "young"


def test_it_goes_in_batches_and_leaves_what_somebody_holds(notify: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    ids = [made(OLD) for _ in range(7)]
    for event_id in ids:
        remember(notify, event_id, "done", OLD)
    with notify.engine.connect() as other:
        from sqlalchemy import text

        other.execute(text("SELECT 1 FROM inbox WHERE event_id = :id FOR UPDATE"), {"id": ids[0]})
        assert prune.prune(notify.sessions, batches=1) == 2
        assert prune.prune(notify.sessions) == 4
    assert prune.prune(notify.sessions) == 1


def test_an_event_that_may_have_been_forgotten_takes_no_effect_and_is_shown_to_a_person(notify: Runtime) -> None:
    event, event_id = session_booked(), made(OLD)
    notify.inbox.take(wire(event, event_id), take_effect)
    [row] = rows(notify, "SELECT * FROM inbox")
    assert (row.state, row.error) == ("parked", "older than what is remembered: it may have taken effect")
    assert effects(notify) == []


def test_a_person_may_let_it_take_effect_after_all(notify: Runtime) -> None:
    from services.chassis import inbox

    event, event_id = session_booked(), made(OLD)
    notify.inbox.take(wire(event, event_id), take_effect)
    with notify.sessions.begin() as session:
        assert inbox.replay(session, event_id)
    notify.inbox.retry_due({"booking.session_booked": take_effect})
    assert effects(notify) == [event.session_id]


def test_a_young_event_and_one_whose_id_tells_no_time_take_effect(notify: Runtime) -> None:
    events = [session_booked() for _ in range(3)]
    for event, event_id in zip(events, [made(timedelta(days=28)), new_id(), uuid4()], strict=True):
        notify.inbox.take(wire(event, event_id), take_effect)
    assert effects(notify) == sorted(event.session_id for event in events)


def test_what_is_told_of_somebody_erased_has_no_effect_also_when_it_is_tried_again(notify: Runtime) -> None:
    def broken(session: object, event: object) -> None:
        raise ValueError

    first, second = session_booked(), session_booked()
    notify.inbox.take(wire(first, new_id()), broken)
    with notify.sessions.begin() as session:
        erased.mark(session, [first.patient_id, second.patient_id, first.patient_id], NOON)
    rows(notify, "UPDATE inbox SET next_at = clock_timestamp() RETURNING 1")
    notify.inbox.retry_due({"booking.session_booked": take_effect})
    notify.inbox.take(wire(second, new_id()), take_effect)
    assert effects(notify) == []
    assert [row.state for row in rows(notify, "SELECT state FROM inbox")] == ["done", "done"]


def test_what_the_boxes_hold_of_somebody_erased_is_forgotten(notify: Runtime) -> None:
    from services.contracts.referrals import PatientContactChanged

    mine, other = new_id(), new_id()
    for patient in (mine, other):
        told = PatientContactChanged(patient_id=patient, version=1, name="Ada")
        with notify.sessions.begin() as session:
            notify.outbox.record(session, told, session_booked(patient_id=patient))
        notify.inbox.take(wire(told, made(OLD)), take_effect)
        notify.inbox.take(wire(told, new_id())[:-1], take_effect)
    with notify.sessions.begin() as session:
        erased.forget(session, SEAL, [mine])
    kept = [row.body for row in rows(notify, "SELECT body FROM outbox ORDER BY id")]
    assert [str(mine) in body for body in kept] == [True, False, False], "what seals nothing still goes out"
    states = rows(notify, "SELECT state, body IS NULL, sealed_body IS NULL FROM inbox ORDER BY received_at")
    assert [tuple(row) for row in states] == [
        ("done", True, True),
        ("parked", False, True),
        ("parked", True, False),
    ]
