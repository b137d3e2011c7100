"""What the description of the interface allows, and what it does not: never a failure of ours, never half a write."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.chassis import identity
from tests.notify.world import World
from tests.openapi import assail, failures, operations

EVERYBODY = ("desk", "therapist", "physician", "admin", "service")


def assailed(world: World, keys: SimpleNamespace, examples: int) -> list[str]:
    def token() -> str:
        return identity.mint(keys.private, "tester", EVERYBODY, "notify")

    def send(operation: Any) -> None:
        assail(operation, world.runtime.engine, token, {}, examples)

    return failures(operations(world.app, "/api/notify/openapi.json"), send)


def test_a_few_requests_to_every_address_are_answered_and_a_refusal_writes_nothing(
    world: World, keys: SimpleNamespace
) -> None:
    assert assailed(world, keys, 4) == []


@pytest.mark.long
def test_many_requests_to_every_address_are_answered_and_a_refusal_writes_nothing(
    world: World, keys: SimpleNamespace
) -> None:
    assert assailed(world, keys, 60) == []
