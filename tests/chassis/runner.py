"""Runs a test worker as production does, but for one fault: `python -m tests.chassis.runner MODULE [FAULT]`.

A fault is the name of a boundary at which the process ends (`os._exit`), `deaf_hub`, which holds the
hub once a slow event comes, or `impatient`, which shortens what a test cannot wait for. The production
code knows nothing of it.
"""

import os
import sys
import time

from services.chassis import run  # first: it patches the world for eventlet

from amqp import Channel  # isort: skip
from eventlet import patcher
from sqlalchemy import Engine, event

from services.chassis import broker, consumer, green, inbox, relay
from tests.chassis import faults
from tests.chassis.faults import CRASHED


def before(owner, name):
    def crash(*args, **kwargs):
        os._exit(CRASHED)

    setattr(owner, name, crash)


def after(owner, name):
    original = getattr(owner, name)

    def then_crash(*args, **kwargs):
        original(*args, **kwargs)
        os._exit(CRASHED)

    setattr(owner, name, then_crash)


def at_commit_after(owner, name):
    """When the database is about to be told to commit, once a method was called."""
    called = []
    original = getattr(owner, name)

    def note(*args, **kwargs):
        called.append(name)
        return original(*args, **kwargs)

    setattr(owner, name, note)
    event.listen(Engine, "commit", lambda connection: called and os._exit(CRASHED))


def after_a_batch():
    original = relay.Relay._one_batch

    def then_crash(self):
        claimed, confirmed = original(self)
        if claimed:
            os._exit(CRASHED)
        return claimed, confirmed

    relay.Relay._one_batch = then_crash


def deaf_hub():
    """A handler that sleeps holds the hub, for longer than the process puts up with."""
    run.SILENCE = 2
    time.sleep = lambda seconds: patcher.original("time").sleep(seconds + 30)


def impatient():
    """No fault: what takes tens of seconds to be given up is given up after two."""
    green.SILENCE = relay.CONFIRM_TIMEOUT = broker.ANSWER_TIMEOUT = 2
    consumer.HEARTBEAT = 1
    event.listen(Engine, "connect", let_go_soon)


def let_go_soon(connection, record):
    """What a frozen connection has locked is let go by the server, else after a minute."""
    connection.autocommit = True
    connection.cursor().execute("SET idle_in_transaction_session_timeout = '3s'")
    connection.autocommit = False


FAULTS = {
    "relay_before_publish": lambda: before(relay.Publisher, "publish"),
    "relay_within_publish": lambda: after(Channel, "basic_publish"),
    "relay_after_publish": lambda: before(relay.Publisher, "_wait_for_confirms"),
    "relay_after_confirm": lambda: after(relay.Publisher, "publish"),
    "relay_before_commit": lambda: at_commit_after(relay.Publisher, "publish"),
    "relay_after_commit": after_a_batch,
    "inbox_on_arrival": lambda: before(inbox.Inbox, "take"),
    "inbox_after_insert": lambda: after(inbox.Inbox, "_first_time"),
    "inbox_after_handler": lambda: after(inbox.Inbox, "_attempt"),
    "inbox_before_commit": lambda: at_commit_after(inbox.Inbox, "_attempt"),
    "inbox_after_commit": lambda: after(inbox.Inbox, "take"),
    "inbox_before_ack": lambda: before(consumer.EventConsumer, "ack"),
    "inbox_after_ack": lambda: after(consumer.EventConsumer, "ack"),
    "deaf_hub": deaf_hub,
    "impatient": impatient,
}

if __name__ == "__main__":
    assert set(FAULTS) == {*faults.RELAY, *faults.INBOX, faults.DEAF_HUB, faults.IMPATIENT}
    inbox.RETRY_AFTER = (0.2, 0.2)
    if fault := "".join(sys.argv[2:]):
        FAULTS[fault]()
    run.main(sys.argv[1])
