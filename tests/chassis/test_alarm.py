"""A broker short of memory takes connections but no messages."""

import pytest

from services.chassis import relay
from services.chassis.relay import ConfirmTimeoutError, Relay
from services.local.rabbitmq import NODE_NAME, InstalledRabbitMQ, _call
from tests.chassis.facts import assert_each_took_effect_once, rows, told
from tests.chassis.faults import IMPATIENT

RESOURCE = f"{{resource_limit, memory, '{NODE_NAME}'}}"


@pytest.fixture
def alarm(broker):
    """Raise the memory alarm, or clear it."""
    program = broker._program
    if not isinstance(program, InstalledRabbitMQ):
        pytest.skip("the broker runs in a container")
    environment = broker._custody.mark(program.environment(broker._node))

    def turn(on):
        act = ("set_alarm", f"{{{RESOURCE}, []}}") if on else ("clear_alarm", RESOURCE)
        _call(environment, ("rabbit_alarm", *act))

    yield turn
    turn(False)


def test_under_a_memory_alarm_events_stay_and_nothing_hangs(booking, declared, alarm, monkeypatch):
    monkeypatch.setattr(relay, "CONFIRM_TIMEOUT", 0.5)
    told(booking, 20)
    alarm(True)
    one = Relay(booking.engine, declared)
    for _ in range(2):
        with pytest.raises(ConfirmTimeoutError):
            one.drain()
    assert len(rows(booking, "SELECT 1 FROM outbox")) == 20
    alarm(False)
    assert one.drain() == 20
    one.close()


@pytest.mark.long
def test_workers_go_on_after_a_memory_alarm(booking, notify, declared, alarm, work):
    workers = [work(running, IMPATIENT) for running in (booking, notify)]
    expected = told(booking, 20)
    assert_each_took_effect_once(booking, notify, expected)
    alarm(True)
    expected += told(booking, 20)
    workers[0].wait_for("ConfirmTimeoutError")
    alarm(False)
    assert_each_took_effect_once(booking, notify, expected)
