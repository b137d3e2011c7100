"""The moves a referral can make, and what the outside calls its stages."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from services.referrals.stages import MOVES, Stage, business_status, may_move, stage_after_booking, who_may

STAGES = get_args(Stage)


def test_only_a_received_referral_can_be_accepted_or_declined() -> None:
    reviewed = {(start, end) for start, end in MOVES if may_move(start, end, "therapist")}
    assert {move for move in reviewed if move[1] != "withdrawn"} == {("received", "accepted"), ("received", "declined")}


def test_a_review_is_the_therapists() -> None:
    assert who_may("received", "accepted") == who_may("received", "declined") == ("therapist",)


@pytest.mark.parametrize("stage", STAGES)
def test_a_withdrawal_is_entered_at_the_practice_and_is_the_end(stage: Stage) -> None:
    assert not may_move("withdrawn", stage)
    assert may_move(stage, "withdrawn", "desk") == (stage not in ("declined", "withdrawn"))
    assert not may_move(stage, "withdrawn", "service")


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_leaves_a_declined_referral(stage: Stage) -> None:
    assert not may_move("declined", stage)


@pytest.mark.parametrize(
    ("stage", "still_open", "completed", "reached"),
    [
        ("accepted", 0, 0, "accepted"),
        ("accepted", 1, 0, "active"),
        ("accepted", 0, 1, "completed"),
        ("active", 0, 1, "completed"),
        ("active", 1, 1, "active"),
        ("completed", 1, 1, "active"),
        ("completed", 0, 2, "completed"),
        ("active", 0, 0, "accepted"),
        ("completed", 0, 0, "accepted"),
        ("withdrawn", 1, 1, "withdrawn"),
        ("declined", 1, 0, "declined"),
        ("received", 1, 0, "received"),
    ],
)
def test_a_referral_is_active_while_a_series_is_open_and_completed_after(
    stage: Stage, still_open: int, completed: int, reached: Stage
) -> None:
    assert stage_after_booking(stage, still_open, completed) == reached


def test_booking_moves_a_referral_only_where_a_service_may() -> None:
    for stage, still_open, completed in product(STAGES, range(3), range(3)):
        reached = stage_after_booking(stage, still_open, completed)
        assert reached == stage or "service" in MOVES[stage, reached]


@pytest.mark.parametrize(
    ("stage", "kept", "code"),
    [
        ("received", 0, "2.0"),
        ("accepted", 0, "3.0"),
        ("declined", 0, "4.0"),
        ("active", 0, "5.1.1"),
        ("active", 1, "5.1.4"),
        ("completed", 8, "7.0"),
        ("withdrawn", 2, "6.0"),
    ],
)
def test_each_stage_has_its_business_status(stage: Stage, kept: int, code: str) -> None:
    assert business_status(stage, kept)[0] == code
