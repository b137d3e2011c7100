import json
from datetime import datetime

import pytest

from services.chassis import context
from tests.chassis.facts import rows, session_booked, tell, value


def test_what_is_rolled_back_is_never_announced(booking):
    session = booking.sessions()
    booking.outbox.record(session, session_booked())
    session.rollback()
    assert rows(booking, "SELECT * FROM outbox") == []


def test_an_event_cannot_be_seen_before_its_transaction_commits(booking):
    with booking.sessions.begin() as session:
        booking.outbox.record(session, session_booked())
        assert rows(booking, "SELECT * FROM outbox") == []
    assert value(booking, "SELECT count(*) FROM outbox") == 1


def test_events_wait_in_the_order_in_which_they_were_recorded(booking):
    told = tell(booking, *(session_booked(number) for number in range(1, 9)))
    bodies = [json.loads(row.body) for row in rows(booking, "SELECT body FROM outbox ORDER BY id")]
    assert [body["subject"] for body in bodies] == [str(session_id) for session_id in told]


def test_a_row_knows_its_exchange_its_routing_key_and_its_trace(booking):
    context.trace.set("request-4711")
    tell(booking, session_booked())
    row = rows(booking, "SELECT * FROM outbox")[0]
    assert (row.exchange, row.routing_key) == ("booking.events", "booking.session_booked")
    assert json.loads(row.body)["traceid"] == "request-4711"
    assert json.loads(row.body)["id"] == str(row.event_id)
    assert json.loads(row.body)["time"].endswith("+00:00")


def test_recording_no_event_does_nothing(booking):
    tell(booking)
    assert rows(booking, "SELECT * FROM outbox") == []


@pytest.mark.parametrize(
    ("field", "wrong"), [("starts_at", datetime(2026, 3, 2, 12)), ("status", "maybe"), ("of", None)]
)
def test_an_event_that_no_consumer_could_read_is_refused_where_it_is_made(booking, field, wrong):
    with pytest.raises(ValueError, match=rf"booking.session_booked: {field}"):
        tell(booking, session_booked(**{field: wrong}))
    assert rows(booking, "SELECT * FROM outbox") == []
