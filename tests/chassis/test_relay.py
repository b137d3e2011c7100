import threading

import pytest
from amqp import NotFound
from kombu import Connection, Exchange
from kombu.exceptions import OperationalError
from sqlalchemy import text

from services.chassis import relay, topology
from services.chassis.relay import ConfirmTimeoutError, Publisher, Relay
from services.contracts import booking as booking_events
from services.contracts.subscriptions import SUBSCRIPTIONS
from tests.chassis.facts import rows, told, value, wait_until

LISTENERS = [name for name, events in SUBSCRIPTIONS.items() if booking_events.SessionBooked in events]
QUEUE = "notify.booking.session_booked"


def received(amqp_url, count, seconds=10):
    """The message ids of `count` messages that wait in the queue, and of any beyond."""
    with Connection(amqp_url) as connection, connection.channel() as channel:
        found = []

        def take_all():
            while message := channel.basic_get(QUEUE, no_ack=True):
                found.append(message.properties["message_id"])
            return len(found) >= count

        wait_until(take_all, seconds, f"{count} messages")
        return found


def waiting_ids(booking):
    return [str(row[0]) for row in rows(booking, "SELECT event_id FROM outbox ORDER BY id")]


@pytest.fixture
def relay_for(amqp_url):
    made = []

    def make(running, url=None, **options):
        made.append(Relay(running.engine, url or amqp_url, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_what_was_committed_is_published_once_in_order_and_leaves_the_outbox(booking, declared, relay_for):
    told(booking, 120)
    expected = waiting_ids(booking)
    assert relay_for(booking, batch=50).drain() == 120
    assert received(declared, 120) == expected
    assert waiting_ids(booking) == []


def test_the_message_is_persistent_and_says_what_it_is(booking, declared, relay_for):
    told(booking, 1)
    [event_id] = waiting_ids(booking)
    relay_for(booking).drain()
    with Connection(declared) as connection, connection.channel() as channel:
        properties = channel.basic_get(QUEUE, no_ack=True).properties
    assert properties["delivery_mode"] == 2
    assert properties["message_id"] == event_id
    assert properties["content_type"] == "application/cloudevents+json"


def test_an_event_without_a_queue_waits_with_its_reason_and_goes_out_after_the_topology_step(
    booking, declared, relay_for
):
    with Connection(declared) as connection, connection.channel() as channel:
        for listener in LISTENERS:
            channel.queue_delete(f"{listener}.booking.session_booked")
    told(booking, 3)
    one = relay_for(booking)
    assert one.drain() == 0
    assert value(booking, "SELECT count(*) FROM outbox WHERE error LIKE 'no queue%' AND attempts = 1") == 3
    topology.declare(declared)
    rows(booking, "UPDATE outbox SET not_before = '-infinity' RETURNING 1")
    assert one.drain() == 3
    assert len(received(declared, 3)) == 3


def test_an_unroutable_event_holds_up_no_other(booking, declared, relay_for):
    told(booking, 2)
    rows(booking, "UPDATE outbox SET routing_key = 'booking.nobody_listens' WHERE id = 1 RETURNING 1")
    assert relay_for(booking).drain() == 1
    assert rows(booking, "SELECT routing_key FROM outbox") == [("booking.nobody_listens",)]


def test_without_its_exchange_an_event_waits_with_its_reason(booking, declared, relay_for):
    told(booking, 2)
    rows(booking, "UPDATE outbox SET exchange = 'nowhere.events' RETURNING 1")
    one = relay_for(booking)
    assert one.drain() == 0
    assert value(booking, "SELECT count(*) FROM outbox WHERE error LIKE 'there is no exchange%'") == 2
    Exchange("nowhere.events", "topic")(Connection(declared).channel()).delete()


def test_an_event_that_waited_for_weeks_is_still_tried_every_minute(booking, declared, relay_for):
    told(booking, 1)
    rows(booking, "UPDATE outbox SET routing_key = 'booking.nobody_listens', attempts = 50000 RETURNING 1")
    relay_for(booking).drain()
    assert 60 < value(booking, "SELECT extract(epoch FROM not_before - clock_timestamp()) FROM outbox") <= 64


def test_while_the_broker_is_away_everything_stays(booking, relay_for):
    told(booking, 3)
    with pytest.raises(OperationalError, match="refused"):
        relay_for(booking, "amqp://guest:guest@127.0.0.1:9/").drain()
    assert len(waiting_ids(booking)) == 3


def test_without_a_confirm_an_event_is_published_again_under_the_same_id(booking, declared, relay_for, monkeypatch):
    told(booking, 3)
    [first, *_] = expected = waiting_ids(booking)
    one = relay_for(booking)
    with monkeypatch.context() as deaf:
        deaf.setattr(Publisher, "_acked", lambda *_: None)
        deaf.setattr(relay, "CONFIRM_TIMEOUT", 0.3)
        with pytest.raises(ConfirmTimeoutError):
            one.drain()
    assert waiting_ids(booking) == expected
    assert one.drain() == 3
    assert sorted(received(declared, 6)) == sorted(expected * 2)
    assert first in expected


def test_after_a_failure_the_broker_is_asked_with_a_single_event(booking, declared, relay_for, monkeypatch):
    told(booking, 5)
    one = relay_for(booking)
    with monkeypatch.context() as deaf:
        deaf.setattr(Publisher, "_acked", lambda *_: None)
        deaf.setattr(relay, "CONFIRM_TIMEOUT", 0.2)
        for _ in range(3):
            with pytest.raises(ConfirmTimeoutError):
                one.drain()
    assert len(received(declared, 7)) == 5 + 1 + 1
    assert one.drain() == 5


def test_what_the_broker_refuses_waits_with_its_reason(booking, declared, relay_for, monkeypatch):
    told(booking, 2)
    monkeypatch.setattr(Publisher, "_acked", Publisher._nacked)
    assert relay_for(booking).drain() == 0
    assert value(booking, "SELECT count(*) FROM outbox WHERE error = 'refused by the broker'") == 2


def test_two_relays_share_the_work_and_publish_nothing_twice(booking, declared, relay_for):
    told(booking, 2000)
    expected = waiting_ids(booking)
    relays = [relay_for(booking, batch=50) for _ in range(2)]
    threads = [threading.Thread(target=one.drain) for one in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert waiting_ids(booking) == []
    assert sorted(received(declared, 2000)) == sorted(expected)


def test_what_another_relay_holds_is_left_to_it(booking, declared, relay_for):
    told(booking, 2)
    with booking.engine.begin() as other:
        other.execute(text("SELECT 1 FROM outbox WHERE id = 1 FOR UPDATE"))
        assert relay_for(booking).drain() == 1
    assert len(waiting_ids(booking)) == 1


def test_a_publisher_says_at_once_that_its_exchange_is_missing(declared):
    class Row:
        event_id, exchange, routing_key, body = "1", "nowhere.events", "x", "{}"

    publisher = Publisher(declared)
    with pytest.raises(NotFound):
        publisher.publish([Row])
    publisher.close()
