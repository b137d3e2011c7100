import hashlib
import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from services.chassis import context, inbox
from services.chassis.events import encode
from services.chassis.seal import Seal
from services.contracts.referrals import PatientContactChanged
from tests.chassis.facts import NOON, SEAL_KEY, effects, rows, session_booked, take_effect, value

SEAL = Seal([SEAL_KEY])
BOOKED = "booking.session_booked"


def wire(event, *, event_id=None, trace=None, **changes):
    body = json.loads(encode(event, SEAL, event_id=event_id or uuid4(), at=NOON, trace=trace))
    return json.dumps({**body, **changes}).encode()


def broken(session, event):
    take_effect(session, event)
    raise ValueError("what a patient wrote")


def make_due(notify):
    rows(notify, "UPDATE inbox SET next_at = clock_timestamp() WHERE state = 'retry' RETURNING 1")


def only_row(notify):
    [row] = rows(notify, "SELECT * FROM inbox")
    return row


@pytest.fixture
def no_waiting(monkeypatch):
    monkeypatch.setattr(inbox, "RETRY_AFTER", (0, 0))


def test_an_event_takes_effect_once_however_often_it_comes(notify):
    event = session_booked()
    body = wire(event)
    for _ in range(3):
        notify.inbox.take(body, take_effect)
    assert effects(notify) == [event.session_id]


def test_a_handler_that_raises_leaves_nothing_but_a_row_that_waits_for_its_next_attempt(notify):
    notify.inbox.take(wire(session_booked()), broken)
    row = only_row(notify)
    assert (row.state, row.attempts, row.error) == ("retry", 1, "ValueError")
    assert effects(notify) == []


def test_the_next_attempt_succeeds_and_the_body_is_forgotten(notify):
    event = session_booked()
    notify.inbox.take(wire(event), broken)
    make_due(notify)
    assert notify.inbox.retry_due({BOOKED: take_effect}) == 1
    row = only_row(notify)
    assert (row.state, row.body, row.error) == ("done", None, None)
    assert effects(notify) == [event.session_id]


def test_an_attempt_is_not_made_before_its_time(notify):
    notify.inbox.take(wire(session_booked()), broken)
    assert notify.inbox.retry_due({BOOKED: take_effect}) == 0


def test_the_wait_between_attempts_grows(notify):
    notify.inbox.take(wire(session_booked()), broken)
    waits = []
    for _ in range(3):
        waits.append(value(notify, "SELECT extract(epoch FROM next_at - changed_at) FROM inbox"))
        make_due(notify)
        notify.inbox.retry_due({BOOKED: broken})
    assert [round(seconds) for seconds in waits] == list(inbox.RETRY_AFTER[:3])


def test_after_its_last_attempt_an_event_is_parked_and_rests(notify, no_waiting):
    notify.inbox.take(wire(session_booked()), broken)
    assert notify.inbox.retry_due({BOOKED: broken}) == 2
    assert (only_row(notify).state, only_row(notify).attempts) == ("parked", 3)
    assert notify.inbox.retry_due({BOOKED: take_effect}) == 0


def test_a_parked_event_can_be_seen_and_replayed(notify, no_waiting):
    event = session_booked()
    notify.inbox.take(wire(event), broken)
    notify.inbox.retry_due({BOOKED: broken})
    with notify.sessions.begin() as session:
        [shown] = inbox.parked(session)
        assert shown["error"] == "ValueError"
        assert inbox.replay(session, shown["event_id"])
    assert notify.inbox.retry_due({BOOKED: take_effect}) == 1
    assert effects(notify) == [event.session_id]


def test_a_replayed_event_has_all_its_attempts_again(notify, no_waiting):
    notify.inbox.take(wire(session_booked()), broken)
    notify.inbox.retry_due({BOOKED: broken})
    with notify.sessions.begin() as session:
        inbox.replay(session, only_row(notify).event_id)
    assert notify.inbox.retry_due({BOOKED: broken}) == 3
    assert only_row(notify).state == "parked"


def test_what_is_done_or_unknown_cannot_be_replayed(notify):
    notify.inbox.take(wire(session_booked()), take_effect)
    with notify.sessions.begin() as session:
        assert not inbox.replay(session, only_row(notify).event_id)
        assert not inbox.replay(session, uuid4())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"data": {"number": "one"}}, "fields: ends_at, number, of"),
        ({"data": "text"}, "data is not an object"),
        ({"type": "booking.session_forgotten"}, "unknown type"),
    ],
)
def test_an_event_of_the_wrong_shape_is_parked_with_its_fields_named(notify, changes, reason):
    notify.inbox.take(wire(session_booked(), **changes), take_effect)
    row = only_row(notify)
    assert row.state == "parked"
    assert row.error.startswith(f"UnknownShapeError: {reason}")
    assert effects(notify) == []


UNREADABLE = {
    "not JSON": b"\x00patient Doe\xff",
    "another encoding": json.dumps({"specversion": "1.0"}).encode("utf-16"),
    "no envelope": b"{}",
    "a list": b"[1]",
    "an id that is none": wire(session_booked(), id="one"),
    "an id that is a number": wire(session_booked(), id=7),
    "a type with a NUL in it": wire(session_booked(), type="booking.\x00"),
    "a type that is half a character": wire(session_booked(), type="booking.\ud800"),
    "a type that is a list": wire(session_booked(), type=["booking.session_booked"]),
    "a pit without a floor": b'{"specversion":' + b"[" * 100_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_body_is_parked_by_hash_and_length_and_sealed(notify, body, capfd):
    notify.inbox.take(body, take_effect)
    notify.inbox.take(body, take_effect)
    row = only_row(notify)
    assert (row.state, row.length) == ("parked", len(body))
    assert row.digest == hashlib.sha256(body).hexdigest()
    assert notify.seal.open_bytes(row.sealed_body) == body
    assert "Doe" not in capfd.readouterr().out


def test_a_strange_trace_is_left_out_and_the_event_is_taken(notify):
    event = session_booked()
    notify.inbox.take(wire(event, traceid={"a": "\x00"}), take_effect)
    assert effects(notify) == [event.session_id]


def test_unknown_fields_are_ignored_so_that_contracts_can_grow(notify):
    event = session_booked()
    body = json.loads(wire(event))
    body["data"]["mood"] = "sunny"
    notify.inbox.take(json.dumps(body), take_effect)
    assert effects(notify) == [event.session_id]


def test_an_event_sealed_with_a_key_that_is_not_here_yet_is_tried_again(notify):
    contact = PatientContactChanged(version=1, patient_id=uuid4(), name="Ada Doe")
    other = Seal(["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="])
    notify.inbox.take(encode(contact, other, event_id=uuid4(), at=NOON, trace=None), take_effect)
    assert (only_row(notify).state, only_row(notify).error) == ("retry", "UnsealError")


def test_a_deferred_constraint_that_fails_at_commit_costs_an_attempt_and_does_not_spin(notify):
    def promise(session, event):
        session.execute(text("INSERT INTO promises VALUES (1, 2)"))

    notify.inbox.take(wire(session_booked()), promise)
    assert (only_row(notify).state, only_row(notify).error) == ("retry", "IntegrityError")
    make_due(notify)
    assert notify.inbox.retry_due({BOOKED: promise}) == 1
    assert (only_row(notify).state, only_row(notify).attempts) == ("retry", 2)


def test_an_event_that_nobody_handles_any_more_is_parked_and_blocks_no_other(notify, no_waiting):
    kept = session_booked()
    notify.inbox.take(wire(session_booked()), broken)
    rows(notify, "UPDATE inbox SET type = 'booking.session_dreamt' RETURNING 1")
    notify.inbox.take(wire(kept), broken)
    notify.inbox.retry_due({BOOKED: take_effect})
    assert effects(notify) == [kept.session_id]
    assert value(notify, "SELECT state FROM inbox WHERE error LIKE 'no handler%'") == "parked"


def test_while_the_database_refuses_to_work_the_event_is_left_to_the_caller(notify):
    event.listen(notify.engine, "begin", lambda own: own.exec_driver_sql("SET LOCAL lock_timeout = '100ms'"))
    with notify.engine.connect() as other:
        other.execute(text("LOCK TABLE inbox"))
        with pytest.raises(OperationalError):
            notify.inbox.take(wire(session_booked()), take_effect)
    assert rows(notify, "SELECT * FROM inbox") == []


def test_a_handler_runs_under_the_trace_of_its_event_and_in_its_name(notify):
    seen = []
    notify.inbox.take(
        wire(session_booked(), trace="request-4711"),
        lambda session, event: seen.append((context.trace.get(), context.actor.get().id)),
    )
    assert seen == [("request-4711", f"event:{BOOKED}")]


def test_a_poison_among_a_thousand_good_ones_harms_only_itself(notify):
    good = [session_booked() for _ in range(1000)]
    bodies = [wire(event) for event in good]
    poison = wire(session_booked(), event_id=UUID(int=1))
    for body in (*bodies[:500], poison, *bodies[500:]):
        notify.inbox.take(body, broken if body is poison else take_effect)
    assert effects(notify) == sorted(event.session_id for event in good)
    assert rows(notify, "SELECT event_id, state FROM inbox WHERE state <> 'done'") == [(UUID(int=1), "retry")]
