"""A process that ends at the worst moment loses nothing and does nothing twice."""

import subprocess
import sys

import pytest

from tests.chassis.facts import assert_each_took_effect_once, effects, told, value, wait_until
from tests.chassis.faults import CRASHED, INBOX, RELAY
from tests.chassis.processes import REPOSITORY


def crash(running, fault, work, times, before_each=lambda: None):
    for _ in range(times):
        before_each()
        assert work(running, fault).exit_code() == CRASHED, fault


def run_the_relay_into(faults, times, booking, notify, work):
    listener = work(notify)
    expected = []
    for fault in faults:
        crash(booking, fault, work, times, lambda: expected.extend(told(booking, 5)))
    work(booking)
    assert_each_took_effect_once(booking, notify, expected)
    assert listener.terminate() == 0


def run_the_inbox_into(faults, times, booking, notify, work):
    teller = work(booking)
    expected = []
    for fault in faults:
        crash(notify, fault, work, times, lambda: expected.extend(told(booking, 5)))
    work(notify)
    assert_each_took_effect_once(booking, notify, expected)
    wait_until(lambda: len(effects(booking)) >= len(expected), 20, "the replies")
    assert effects(booking) == sorted(expected)
    assert teller.terminate() == 0


RECORDER = """
import os, sys
from services.chassis import runtime
from services.chassis.settings import ServiceSettings
from tests.chassis.facts import SEAL_KEY, session_booked
settings = ServiceSettings(database_url=sys.argv[1], amqp_url="-", identity_public_key="-", seal_keys=(SEAL_KEY,))
teller = runtime.start("booking", settings)
session = teller.sessions()
teller.outbox.record(session, session_booked())
if sys.argv[2] == "after_commit":
    session.commit()
os._exit(99)
"""


def test_a_teller_that_crashes_announces_what_it_committed_and_nothing_else(booking):
    for moment, count in (("before_commit", 0), ("after_commit", 1)):
        url = booking.settings.database_url
        teller = subprocess.run([sys.executable, "-c", RECORDER, url, moment], cwd=REPOSITORY)
        assert teller.returncode == CRASHED
        assert value(booking, "SELECT count(*) FROM outbox") == count


def test_a_relay_that_crashes_at_any_point_loses_nothing(booking, notify, declared, work):
    run_the_relay_into(RELAY, 2, booking, notify, work)


def test_a_consumer_that_crashes_at_any_point_loses_nothing(booking, notify, declared, work):
    run_the_inbox_into(INBOX, 2, booking, notify, work)


@pytest.mark.long
@pytest.mark.parametrize("fault", RELAY)
def test_a_relay_that_crashes_twenty_times_at_one_point(fault, booking, notify, declared, work):
    run_the_relay_into([fault], 20, booking, notify, work)


@pytest.mark.long
@pytest.mark.parametrize("fault", INBOX)
def test_a_consumer_that_crashes_twenty_times_at_one_point(fault, booking, notify, declared, work):
    run_the_inbox_into([fault], 20, booking, notify, work)
