"""What waits about somebody who was erased is forgotten, and what comes again of it has no effect."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.chassis import erased, inbox
from services.chassis.events import encode
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.contracts.referrals import PatientContactChanged
from tests.chassis.facts import rows, session_booked


def contact(patient_id: UUID) -> PatientContactChanged:
    return PatientContactChanged(patient_id=patient_id, version=1, name="Ada Lovelace", phone="+12125550100")


def encoded(running: Runtime, event: Any) -> tuple[UUID, str]:
    event_id = new_id()
    return event_id, encode(event, running.seal, event_id=event_id, at=datetime.now(UTC), trace=None)


def broken(session: Any, event: Any) -> None:
    raise LookupError


def never(session: Any, event: Any) -> None:
    raise AssertionError("it took effect")


def erase(running: Runtime, *ids: UUID) -> None:
    with running.sessions.begin() as session:
        erased.mark(session, ids, datetime.now(UTC))
        erased.forget(session, running.seal, ids)


@pytest.fixture
def people() -> tuple[UUID, UUID]:
    """Who is erased, and somebody else."""
    return new_id(), new_id()


def test_an_event_that_waits_is_emptied_and_neither_tried_nor_replayed(
    notify: Runtime, people: tuple[UUID, UUID]
) -> None:
    told = [encoded(notify, contact(each)) for each in people]
    for _, body in told:
        notify.inbox.take(body, broken)
    erase(notify, people[0])
    kept = {row.event_id: row for row in rows(notify, "SELECT event_id, state, body FROM inbox")}
    assert [(kept[id_].state, kept[id_].body is None) for id_, _ in told] == [("done", True), ("retry", False)]
    with notify.sessions.begin() as session:
        assert not inbox.replay(session, told[0][0])
    notify.inbox.take(told[0][1], never)


def test_what_could_not_be_read_goes_when_it_names_them(notify: Runtime, people: tuple[UUID, UUID]) -> None:
    for each in people:
        notify.inbox.take(json.dumps({"of": str(each), "name": "Ada Lovelace"}), never)
    erase(notify, people[0])
    [left] = rows(notify, "SELECT sealed_body FROM inbox")
    assert str(people[1]) in notify.seal.open(left.sealed_body)


def test_what_is_sealed_is_not_sent_any_more_and_what_tells_ids_and_times_is(
    booking: Runtime, people: tuple[UUID, UUID]
) -> None:
    with booking.sessions.begin() as session:
        booking.outbox.record(session, *(contact(each) for each in people), session_booked(patient_id=people[0]))
    erase(booking, people[0])
    left = [json.loads(row.body) for row in rows(booking, "SELECT body FROM outbox ORDER BY id")]
    assert [(one["type"], one["data"]["patient_id"]) for one in left] == [
        ("referrals.patient_contact_changed", str(people[1])),
        ("booking.session_booked", str(people[0])),
    ]


def test_answers_that_were_given_about_them_are_not_given_again(booking: Runtime, people: tuple[UUID, UUID]) -> None:
    add = "INSERT INTO idempotency (key, actor, fingerprint, body) VALUES (:key, '', '', CAST(:body AS jsonb))"
    with booking.sessions.begin() as session:
        for key, each in zip(("mine", "other"), people, strict=True):
            session.execute(text(add), {"key": key, "body": json.dumps({"deep": [{"patient_id": str(each)}]})})
    erase(booking, people[0])
    assert [row.key for row in rows(booking, "SELECT key FROM idempotency")] == ["other"]


def test_twice_is_as_once(notify: Runtime, people: tuple[UUID, UUID]) -> None:
    notify.inbox.take(encoded(notify, contact(people[0]))[1], broken)
    erase(notify, people[0])
    before = rows(notify, "SELECT * FROM inbox"), rows(notify, "SELECT * FROM erased")
    erase(notify, people[0])
    assert (rows(notify, "SELECT * FROM inbox"), rows(notify, "SELECT * FROM erased")) == before
