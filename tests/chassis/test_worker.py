"""Whole workers, as processes, while something ends, restarts or hangs."""

import json
import os
import signal

import pytest
from kombu import Connection

from services.chassis import topology
from tests.chassis.facts import (
    POISON,
    SLOW,
    assert_each_took_effect_once,
    effects,
    rows,
    session_booked,
    tell,
    told,
    value,
    wait_until,
)
from tests.chassis.faults import DEAF_HUB


@pytest.fixture
def pair(booking, notify, declared, work):
    """A worker of booking and one of notify, both started."""
    workers = work(booking), work(notify)
    for worker in workers:
        worker.wait_for("worker_started")
    return workers


def assert_replies_came_back(booking, expected):
    wait_until(lambda: len(effects(booking)) >= len(expected), 20, "the replies")
    assert effects(booking) == sorted(expected)


def test_an_event_travels_to_its_listener_whose_own_event_travels_back(booking, notify, pair):
    expected = told(booking, 200)
    assert_each_took_effect_once(booking, notify, expected)
    assert_replies_came_back(booking, expected)


def test_replicas_share_the_events_and_nothing_takes_effect_twice(booking, notify, pair, work):
    for again in (booking, notify):
        work(again).wait_for("worker_started")
    expected = told(booking, 500)
    assert_each_took_effect_once(booking, notify, expected)
    assert_replies_came_back(booking, expected)


def test_a_terminated_worker_finishes_what_it_handles_and_leaves_the_rest_to_others(booking, notify, pair, work):
    slow = tell(booking, session_booked(SLOW))
    at_work = "SELECT 1 FROM pg_locks WHERE relation = 'effects'::regclass AND mode = 'RowExclusiveLock'"
    wait_until(lambda: rows(notify, at_work), 20, "the slow handler")
    assert pair[1].terminate() == 0
    assert effects(notify) == slow
    assert "ack_lost" not in pair[1].log()
    rest = told(booking, 20)
    work(notify)
    assert_each_took_effect_once(booking, notify, slow + rest)


def test_a_worker_terminated_under_load_loses_nothing(booking, notify, pair, work):
    expected = told(booking, 500)
    wait_until(lambda: len(effects(notify)) > 50, 20, "some effects")
    assert pair[1].terminate() == 0
    assert "worker_stopped" in pair[1].log()
    assert len(effects(notify)) < 500
    work(notify)
    assert_each_took_effect_once(booking, notify, expected)


def test_a_worker_may_be_terminated_while_it_waits_for_the_broker(notify, work):
    nowhere = notify.settings.amqp_url.replace("@", "x@")
    object.__setattr__(notify.settings, "amqp_url", nowhere)
    worker = work(notify)
    worker.wait_for("waiting")
    assert worker.terminate(5) == 0


def test_a_process_whose_hub_falls_silent_ends_itself_and_another_takes_over(booking, notify, declared, work):
    work(booking)
    deaf = work(notify, DEAF_HUB)
    deaf.wait_for("worker_started")
    slow = tell(booking, session_booked(SLOW))
    assert deaf.exit_code(60) == 71
    assert "hub_silent" in deaf.log()
    work(notify)
    assert_each_took_effect_once(booking, notify, slow)


def test_a_suspended_process_goes_on_when_it_is_woken(booking, notify, pair):
    pair[1].signal(signal.SIGSTOP)
    expected = told(booking, 5)
    wait_until(lambda: not rows(booking, "SELECT 1 FROM outbox"), 10, "publishing")
    pair[1].signal(signal.SIGCONT)
    assert_each_took_effect_once(booking, notify, expected)


def test_a_queue_that_is_missing_is_waited_for(booking, notify, declared, work):
    with Connection(declared) as connection, connection.channel() as channel:
        channel.queue_delete("notify.booking.session_booked")
    worker = work(notify)
    worker.wait_for('"error": "NotFound"')
    topology.declare(declared)
    work(booking)
    assert_each_took_effect_once(booking, notify, told(booking, 5))


def test_a_message_that_cannot_even_be_decompressed_is_parked(booking, notify, pair, declared):
    with Connection(declared) as connection, connection.channel() as channel:
        for headers, encoding in ({"compression": "zip"}, "binary"), ({}, "unicode_escape"):
            message = channel.prepare_message(
                b"\\ud800 Jane Doe", headers=headers, content_encoding=encoding, content_type="text/plain"
            )
            channel.basic_publish(message, "booking.events", "booking.session_booked")
    parked = "SELECT count(*) FROM inbox WHERE state = 'parked' AND digest IS NOT NULL"
    wait_until(lambda: value(notify, parked) == 2, 10, "parking")
    assert_each_took_effect_once_beside_parked(booking, notify)
    assert "Doe" not in pair[1].log()


def assert_each_took_effect_once_beside_parked(booking, notify):
    expected = told(booking, 5)
    wait_until(lambda: effects(notify) == sorted(expected), 10, "the good ones")


def test_poison_is_parked_with_its_reason_and_no_line_of_the_log_quotes_it(booking, notify, pair):
    good = told(booking, 50)
    bad = told(booking, 3, POISON)
    good += told(booking, 50)
    parked = "SELECT count(*) FROM inbox WHERE state = 'parked' AND error = 'ValueError' AND attempts = 3"
    wait_until(lambda: value(notify, parked) == 3, 20, "parking")
    wait_until(lambda: len(effects(notify)) == 100, 10, "the good ones")
    assert effects(notify) == sorted(good)
    log = pair[1].log()
    assert "canary" not in log
    assert not any(str(session_id) in log for session_id in bad)
    assert log.count("event_handler_failed") == 3 * 3
    assert all(json.loads(line)["service"] == "notify-worker" for line in log.splitlines() if line[:1] == "{")


def test_workers_consume_again_after_the_broker_was_killed(booking, notify, pair, broker):
    expected = told(booking, 200)
    broker.kill()
    expected += told(booking, 50)
    broker.start()
    expected += told(booking, 50)
    wait_until(lambda: len(effects(notify)) == 300, 15, "consuming again")
    assert_each_took_effect_once(booking, notify, expected)
    assert_replies_came_back(booking, expected)
    assert all(worker.is_running() for worker in pair)


def test_workers_go_on_after_the_database_was_restarted(booking, notify, pair, postgres):
    expected = told(booking, 300)
    postgres.kill()
    postgres.start()
    for running in (booking, notify):
        running.engine.dispose()
    expected += told(booking, 50)
    assert_each_took_effect_once(booking, notify, expected)
    assert_replies_came_back(booking, expected)


@pytest.mark.long
def test_the_broker_restarts_while_the_database_is_away(booking, notify, pair, broker, postgres):
    expected = told(booking, 300)
    postgres.kill()
    broker.kill()
    broker.start()
    pair[1].wait_for("broker_away")
    postgres.start()
    for running in (booking, notify):
        running.engine.dispose()
    expected += told(booking, 20)
    assert_each_took_effect_once(booking, notify, expected, 180)
    assert os.waitpid(pair[1].pid, os.WNOHANG) == (0, 0)
