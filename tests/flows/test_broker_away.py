"""RabbitMQ goes down: the desk goes on booking, and everything is told when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.local.stack import Stack
from services.local.story.client import wait_for
from tests.flows.clinic_life import ClinicLife

SERVICES = ("referrals", "booking", "notify")
BOOKINGS = 5


@pytest.fixture(scope="module")
def life(stack: Stack) -> ClinicLife:
    return ClinicLife(stack)


@contextmanager
def broker_down(stack: Stack) -> Iterator[None]:
    stack.broker.kill()
    try:
        yield
    finally:
        stack.broker.start()


def test_while_the_broker_is_down_series_are_booked_and_told_once_when_it_is_back(
    stack: Stack, life: ClinicLife
) -> None:
    orders = [life.order() for _ in range(BOOKINGS)]

    with broker_down(stack):
        answers = [life.book(order, life.plan(order)) for order in orders]
        assert [answer.status_code for answer in answers] == [201] * BOOKINGS
        assert life.readiness("booking")["outbox"] >= BOOKINGS
        life.rows("booking", "UPDATE outbox SET recorded_at = recorded_at - interval '31 seconds' RETURNING id")
        assert life.readiness("booking")["status"] == "degraded"

    booked = [answer.json()["series_id"] for answer in answers]
    wait_for("empty outboxes", lambda: all(life.readiness(name)["outbox"] == 0 for name in SERVICES))
    wait_for("everything planned", lambda: _planned(life, booked))
    assert all(life.rows(name, "SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)] for name in SERVICES)


def _planned(life: ClinicLife, booked: list[str]) -> bool:
    """Each series is confirmed to its patient, once."""
    rows = life.rows("notify", "SELECT series_id::text FROM messages WHERE kind = 'series_confirmation'")
    told = [series for (series,) in rows if series in booked]
    return sorted(told) == sorted(booked)
