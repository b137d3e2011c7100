"""Nothing about a person in a log line, whatever goes well or wrong."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from services.chassis import logs
from services.notify.sending.dispatch import dispatch_due
from services.notify.transports.answer import Letter
from tests.notify.facts import (
    PATIENT_EMAIL,
    PATIENT_NAME,
    PATIENT_PHONE,
    PHYSICIAN_EMAIL,
    PHYSICIAN_NAME,
    Story,
)
from tests.notify.world import World, eventually

CANARIES = [
    *PATIENT_NAME.split(), *PHYSICIAN_NAME.removeprefix("Dr. ").split(), PATIENT_PHONE, PATIENT_PHONE[2:],
    PATIENT_EMAIL, PHYSICIAN_EMAIL, "zzyzx", "xylander", "your visit is", "bring my dog", "/l/",
]  # fmt: skip


class Broken:
    """A way out that breaks, quoting everything it knows."""

    def send(self, letter: Letter) -> Any:
        raise RuntimeError(f"{letter.address} {letter.text}")


def test_no_log_line_names_anybody(world: World, story: Story, capfd: pytest.CaptureFixture[str]) -> None:
    root, level = logging.getLogger(), logging.getLogger().level
    before = root.handlers[:]
    logs.configure("notify-test", level=logging.DEBUG)
    try:
        _everything_happens(world, story)
    finally:
        root.handlers, root.level = before, level
    out, err = capfd.readouterr()
    assert "handed_over" in out, "the log was read"
    assert "transport_broken" in out
    said = (out + err).lower()
    assert [canary for canary in CANARIES if canary.lower() in said] == []


def _everything_happens(world: World, story: Story) -> None:
    other = Story()
    world.tell(*story.all_booked(), *other.all_booked())
    world.sandbox.turn(twilio={"next": ["accept_then_500", "reset_before"]}, sendgrid={"next": ["reset_before", "429"]})
    world.send()
    dispatch_due(world.runtime, {"text": Broken(), "email": Broken()})  # type: ignore[dict-item]
    world.sandbox.reply(PATIENT_PHONE, body="Can I bring my dog?")
    world.sandbox.turn(twilio={"outcomes": {PATIENT_PHONE: 30005}})
    world.at(story.starts[0] - timedelta(minutes=119))
    dispatch_due(world.runtime, {"text": Broken(), "email": Broken()})  # type: ignore[dict-item]
    world.send()
    world.tell(story.completed(1, at=story.starts[0] - timedelta(minutes=130)))
    world.send_all()
    eventually(lambda: world.follow() or "address_wrong" in world.tasks())
    world.query("UPDATE messages SET look_at = clock_timestamp() WHERE state = 'unknown'")
    world.look_after()
    world.app.test_client().post(f"/hooks/twilio/inbound?From={PATIENT_PHONE}", data={"Body": PATIENT_NAME})
