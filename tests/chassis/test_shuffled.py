"""The broker may deliver an event again, late and out of order."""

import random

import pytest
from kombu import Connection

from tests.chassis.facts import assert_each_took_effect_once, rows, told

BINDING = ("booking.events", "booking.session_booked")


def deliver_shuffled(booking, declared, count, seed):
    """Publish each waiting event one to five times, in any order, past the relay."""
    dice = random.Random(seed)
    expected = told(booking, count)
    bodies = [row.body for row in rows(booking, "DELETE FROM outbox RETURNING body")]
    deliveries = [body for body in bodies for _ in range(dice.randint(1, 5))]
    dice.shuffle(deliveries)
    with Connection(declared) as connection, connection.channel() as channel:
        for body in deliveries:
            channel.basic_publish(channel.prepare_message(body.encode()), *BINDING)
    return expected


def test_events_delivered_up_to_five_times_and_shuffled_take_effect_once(booking, notify, declared, work):
    expected = deliver_shuffled(booking, declared, 150, seed=7)
    for _ in range(2):
        work(notify)
    assert_each_took_effect_once(booking, notify, expected)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(5))
def test_many_events_delivered_up_to_five_times_and_shuffled(booking, notify, declared, work, seed):
    expected = deliver_shuffled(booking, declared, 2000, seed)
    for _ in range(2):
        work(notify)
    assert_each_took_effect_once(booking, notify, expected, 180)
