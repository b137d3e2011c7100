"""A connection to RabbitMQ on which nothing waits for ever."""

from __future__ import annotations

from kombu import Connection

CONNECT_TIMEOUT = 5
ANSWER_TIMEOUT = 10.0
"""Seconds for what the broker must answer at once, such as the opening of a channel."""


def connect(amqp_url: str, *, heartbeat: int = 0) -> Connection:
    """Connect now, in one attempt. Raises `kombu.exceptions.OperationalError`."""
    connection = Connection(amqp_url, connect_timeout=CONNECT_TIMEOUT, heartbeat=heartbeat)
    connection.ensure_connection(max_retries=0)
    connection.connection.transport.sock.settimeout(ANSWER_TIMEOUT)
    return connection
