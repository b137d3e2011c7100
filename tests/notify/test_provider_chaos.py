"""Providers that refuse, break off, hang, take messages and say they did not, and lose and repeat their callbacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.notify.facts import NOW
from tests.notify.ledger import Ledger, ledger, settle_everything, some_by_email, texts_are_due
from tests.notify.world import World

FAULTS = {
    "429": 0.06, "500_not_accepted": 0.06, "reset_before": 0.06, "hang_before": 0.02, "accept_then_500": 0.08,
    "accept_then_reset": 0.08, "hang": 0.02,
}  # fmt: skip
CALLBACKS = {"duplicated": 0.3, "reordered": 0.3}
LOST = {"lost": 0.4}
"""Of texts only: what SendGrid cannot tell us it tells again, for a day."""
REPORTED_WITHIN = 5
"""Seconds in which an e-mail's report surely comes, however busy the machine is."""


@pytest.fixture
def patient(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    settings = replace(world.settings, unknown_after=REPORTED_WITHIN)
    monkeypatch.setattr(world, "runtime", replace(world.runtime, settings=settings))
    return world


def sent_through_chaos(world: World, count: int, by_email: int, seed: int, seconds: float) -> None:
    texts_are_due(world, count, NOW)
    some_by_email(world, by_email)
    dialled = {"seed": seed, "faults": FAULTS, "hang_ms": 1500, "step_ms": 50}
    world.sandbox.turn(twilio={**dialled, "callbacks": CALLBACKS | LOST}, sendgrid={**dialled, "callbacks": CALLBACKS})
    took = settle_everything(world, seconds, workers=6)
    [(tries, unknown)] = world.query(
        "SELECT count(*), count(*) FILTER (WHERE outcome = 'unknown' OR code IN ('absent')) FROM attempts"
    )
    found = ledger(world)
    print(f"{count} messages, {tries} attempts, {unknown} left unknown at first or absent: {found} in {took:.0f} s")
    assert found == Ledger(lost=0, duplicated=0, stuck=0)
    assert tries > count, "there was some chaos"
    assert len(world.sandbox.emails()) == by_email


def test_two_hundred_messages_arrive_once_through_chaos(patient: World) -> None:
    sent_through_chaos(patient, 200, by_email=40, seed=1, seconds=120)


@pytest.mark.long
def test_two_thousand_messages_arrive_once_through_chaos(patient: World) -> None:
    sent_through_chaos(patient, 2000, by_email=200, seed=2, seconds=400)
