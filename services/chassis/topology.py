"""Exchanges and queues, all declared in one step before anything runs, so that no event is lost
because its consumer has not started yet."""

from __future__ import annotations

import sys

from kombu import Exchange, Queue

from services.chassis.broker import connect
from services.contracts.subscriptions import PUBLISHERS, SUBSCRIPTIONS, exchange_name, queue_name

DEAD = Exchange("fascia.dead", type="topic", durable=True)

QUEUE_ARGUMENTS = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 200,
    "x-dead-letter-exchange": DEAD.name,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
"""Decided once: RabbitMQ refuses to change them later. The inbox keeps what failed; this is the net below."""


def exchange(publisher: str) -> Exchange:
    return Exchange(exchange_name(publisher), type="topic", durable=True)


def queues() -> list[Queue]:
    return [
        Queue(
            queue_name(consumer, event),
            exchange(event.publisher()),
            routing_key=event.event_type(),
            durable=True,
            queue_arguments=QUEUE_ARGUMENTS,
        )
        for consumer, events in SUBSCRIPTIONS.items()
        for event in events
    ]


def declare(amqp_url: str) -> None:
    """Declare everything. Safe to run again."""
    dead = Queue("fascia.dead", DEAD, routing_key="#", durable=True, queue_arguments={"x-queue-type": "quorum"})
    with connect(amqp_url) as connection, connection.channel() as channel:
        for publisher in PUBLISHERS:
            exchange(publisher)(channel).declare()
        for queue in [dead, *queues()]:
            queue(channel).declare()


def migrate_everything(environ: dict[str, str]) -> None:
    """Databases of all services named in the environment, then the broker's topology."""
    from services.chassis.database import migrate
    from services.chassis.settings import SettingsError, read

    for service in ("referrals", "booking", "notify", "web"):
        if url := read(f"{service.upper()}_DATABASE_URL", environ):
            migrate(service, url)
    amqp_url = read("AMQP_URL", environ)
    if amqp_url is None:
        raise SettingsError("AMQP_URL is not set")
    declare(amqp_url)


if __name__ == "__main__":
    declare(sys.argv[1])
