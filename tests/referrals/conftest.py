"""The referrals service and the people at its door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.referrals.house import Caller, House


@pytest.fixture(scope="module")
def house(migrated: Callable[[str], str]) -> Any:
    made = House(migrated("referrals"))
    yield made
    made.running.engine.dispose()


@pytest.fixture
def desk(house: House) -> Caller:
    return house.caller("desk")


@pytest.fixture
def physician(house: House) -> Caller:
    return house.caller("physician", "riverside")


@pytest.fixture
def therapist(house: House) -> Caller:
    return house.caller("therapist", "therapist-7")
