"""The worker as it is run: a process of its own, fed by the broker, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from services.chassis import topology
from tests.notify.facts import Story
from tests.notify.world import World, eventually

MEGABYTE = 1024 * 1024


@pytest.fixture
def working(whole: World, amqp_url: str) -> Callable[[], Any]:
    """`with working():` a worker runs."""
    topology.declare(amqp_url)
    settings = whole.settings
    environment = os.environ | {
        "NOTIFY_DATABASE_URL": settings.database_url, "AMQP_URL": amqp_url, "PUBLIC_URL": settings.public_url,
        "IDENTITY_PUBLIC_KEY": settings.identity_public_key, "SEAL_KEYS": ",".join(settings.seal_keys),
        "NOTIFY_TWILIO_API_URL": settings.twilio_api_url, "NOTIFY_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "NOTIFY_TWILIO_AUTH_TOKEN": settings.twilio_auth_token, "NOTIFY_TWILIO_FROM": settings.twilio_from,
        "NOTIFY_SENDGRID_API_URL": settings.sendgrid_api_url, "NOTIFY_SENDGRID_API_KEY": settings.sendgrid_api_key,
        "NOTIFY_IDENTITY_KEY": settings.identity_key, "NOTIFY_UPSTREAM_BOOKING": settings.booking,
        "NOTIFY_UPSTREAM_REFERRALS": settings.referrals, "NOTIFY_EMAIL_FROM": settings.email_from,
        "NOTIFY_LINK_SECRET": settings.link_secret,
        "NOTIFY_SEND_TIMEOUT": "1", "NOTIFY_LEASE": "3", "NOTIFY_UNKNOWN_AFTER": "1", "NOTIFY_SENDERS": "4",
    }  # fmt: skip

    @contextmanager
    def run() -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "services.chassis.run", "services.notify.worker"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    return run


def record(world: World, *events: Any) -> None:
    """As other services' events: the worker's own relay takes them to the broker, and they come back."""
    with world.runtime.sessions.begin() as session:
        world.runtime.outbox.record(session, *events)


def delivered(world: World) -> list[str]:
    return sorted(message.kind for message in world.messages(state="delivered"))


def test_events_become_messages_without_anybody_calling(world: World, story: Story, working: Callable[[], Any]) -> None:
    with working() as process:
        record(world, *story.all_booked())
        eventually(lambda: len(delivered(world)) == 3, 40)
        assert psutil.Process(process.pid).memory_info().rss < 130 * MEGABYTE
    assert delivered(world) == ["referral_received", "series_booked", "series_confirmation"]


def test_a_worker_killed_again_and_again_sends_each_message_once(world: World, working: Callable[[], Any]) -> None:
    world.tell(*(event for story in [Story() for _ in range(12)] for event in story.all_booked()))
    world.sandbox.turn(twilio={"latency_ms": 300}, sendgrid={"latency_ms": 300})
    states = []
    for enough in (1, 10, 20):
        with working() as process:
            eventually(lambda enough=enough: len(world.sandbox.texts() + world.sandbox.emails()) >= enough, 40)
            os.kill(process.pid, signal.SIGKILL)
        states.append(len(world.messages(state="planned", role="physician")))
    assert states[0] > 0, "it was killed in the middle"
    with working():
        eventually(lambda: len(delivered(world)) == 36, 60)
    assert len(world.sandbox.texts()) == 12
    assert len(world.sandbox.emails()) == 24
