from collections.abc import Iterator

import pytest

from tests.sandbox.clients import Sandbox
from tests.sandbox.receiver import Receiver, receiving
from tests.sandbox.server import running, settings_for_tests


@pytest.fixture
def clinic() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def sandbox(clinic: Receiver) -> Iterator[Sandbox]:
    """A sandbox whose webhooks reach ``clinic``; statuses move on every 10 ms."""
    settings = settings_for_tests(sms_hook_url=f"{clinic.url}/inbound", email_hook_url=f"{clinic.url}/events")
    with running(settings) as base:
        running_sandbox = Sandbox(base, settings)
        running_sandbox.turn(twilio={"step_ms": 10}, sendgrid={"step_ms": 10})
        yield running_sandbox
        running_sandbox.reset()
