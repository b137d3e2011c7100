"""What the description of the interface allows, and what it does not: never a failure of ours, never half a write."""

from __future__ import annotations

from typing import Any

import pytest

from services.chassis import identity
from tests.openapi import assail, failures, operations
from tests.referrals.house import House, a_referral

EVERYBODY = ("desk", "therapist", "physician", "admin")


@pytest.fixture(scope="module")
def ids(house: House) -> dict[str, list[str]]:
    """What exists, by the name of a path's parameter; a referral of every kind that is quickly made."""
    desk, therapist = house.caller("desk"), house.caller("therapist")
    made = [desk.post("", a_referral()).json for _ in range(4)]
    assert therapist.post(f"/{made[1]['id']}/accept").status_code == 200
    assert therapist.post(f"/{made[2]['id']}/decline", {"reason": "No room"}).status_code == 200
    named = {name: [each[name] for each in made] for name in ("patient_id", "physician_id")}
    return {"referral_id": [each["id"] for each in made], **named}


def assailed(house: House, ids: dict[str, list[str]], examples: int) -> list[str]:
    def token() -> str:
        return identity.mint(house._private, "tester", EVERYBODY, audience="referrals")

    def send(operation: Any) -> None:
        assail(operation, house.running.engine, token, ids, examples)

    return failures(operations(house.app, "/api/referrals/openapi.json"), send)


def test_a_few_requests_to_every_address_are_answered_and_a_refusal_writes_nothing(
    house: House, ids: dict[str, list[str]]
) -> None:
    assert assailed(house, ids, 4) == []


@pytest.mark.long
def test_many_requests_to_every_address_are_answered_and_a_refusal_writes_nothing(
    house: House, ids: dict[str, list[str]]
) -> None:
    assert assailed(house, ids, 60) == []
