"""A connection that is open and carries nothing is given up; nothing waits for ever."""

import dataclasses
import re
import socket

import pytest
from kombu.exceptions import OperationalError

from services.chassis import broker as chassis_broker
from services.chassis.relay import Publisher
from tests.chassis.facts import assert_each_took_effect_once, effects, told, wait_until
from tests.chassis.faults import IMPATIENT
from tests.chassis.proxy import Proxy


@pytest.fixture
def proxy_to():
    made = []

    def begin(port):
        made.append(Proxy(port))
        return made[-1]

    yield begin
    for proxy in made:
        proxy.close()


def by_way_of(proxy, url):
    return re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{proxy.port}", url)


def through(running, **urls):
    """The same service, at other addresses."""
    return dataclasses.replace(running, settings=dataclasses.replace(running.settings, **urls))


def test_a_broker_that_accepts_and_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(chassis_broker, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OperationalError, match="timed out"):
        chassis_broker.connect(f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/")


def test_a_broker_that_falls_silent_is_not_waited_for(declared, broker, proxy_to, monkeypatch):
    monkeypatch.setattr(chassis_broker, "ANSWER_TIMEOUT", 0.2)
    proxy = proxy_to(broker.port)
    connection = chassis_broker.connect(by_way_of(proxy, declared))
    proxy.freeze()
    with pytest.raises(TimeoutError):
        connection.channel()
    connection.collect(socket_timeout=1)


def test_a_publisher_can_be_made_again_after_its_connection_froze(declared, broker, proxy_to, monkeypatch):
    monkeypatch.setattr(chassis_broker, "ANSWER_TIMEOUT", 0.2)
    proxy = proxy_to(broker.port)
    Publisher(by_way_of(proxy, declared))
    proxy.freeze()
    Publisher(by_way_of(proxy, declared)).close()


def test_workers_go_on_when_their_connections_to_the_database_froze(
    booking, notify, declared, work, postgres, proxy_to
):
    proxy = proxy_to(postgres.port)
    for running in (booking, notify):
        url = by_way_of(proxy, running.settings.database_url)
        work(through(running, database_url=url), IMPATIENT).wait_for("worker_started")
    expected = told(booking, 100)
    wait_until(lambda: effects(notify), 20, "some effects")
    proxy.freeze()
    expected += told(booking, 20)
    assert_each_took_effect_once(booking, notify, expected)


@pytest.mark.long
def test_workers_go_on_when_their_connections_to_the_broker_froze(booking, notify, declared, work, broker, proxy_to):
    proxy = proxy_to(broker.port)
    url = by_way_of(proxy, declared)
    for running in (booking, notify):
        work(through(running, amqp_url=url), IMPATIENT).wait_for("worker_started")
    expected = told(booking, 100)
    wait_until(lambda: effects(notify), 20, "some effects")
    proxy.freeze()
    expected += told(booking, 20)
    assert_each_took_effect_once(booking, notify, expected)
