from kombu import Connection

from services.chassis import topology
from services.contracts.subscriptions import SUBSCRIPTIONS
from tests.chassis.facts import wait_until


def test_every_subscription_has_its_queue_and_declaring_twice_changes_nothing(amqp_url):
    topology.declare(amqp_url)
    topology.declare(amqp_url)
    with Connection(amqp_url) as connection, connection.channel() as channel:
        for consumer, events in SUBSCRIPTIONS.items():
            for event in events:
                channel.queue_declare(f"{consumer}.{event.event_type()}", passive=True)


def test_what_a_consumer_rejects_is_kept_with_the_dead(declared):
    with Connection(declared) as connection, connection.channel() as channel:
        channel.queue_purge("fascia.dead")
        message = channel.prepare_message(b"{}")
        channel.basic_publish(message, "booking.events", "booking.session_booked")
        queue = "notify.booking.session_booked"
        arrived = wait_until(lambda: channel.basic_get(queue), 10, "arrival")
        channel.basic_reject(arrived.delivery_tag, requeue=False)
        assert wait_until(lambda: channel.basic_get("fascia.dead", no_ack=True), 10, "the dead letter")
