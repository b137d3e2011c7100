"""The moves a referral can make, and what the outside calls its stages."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from services.referrals.course.stages import (
    MOVES,
    OVER,
    WAITING,
    Stage,
    business_status,
    may_move,
    stage_after_booking,
    who_may,
)

STAGES = get_args(Stage)


def test_only_what_waits_for_its_review_can_be_accepted() -> None:
    assert {start for start, end in MOVES if end == "accepted" and may_move(start, end, "therapist")} == {
        "received",
        "in_review",
    }


def test_also_what_lacks_information_can_be_declined() -> None:
    declined = {start for start, end in MOVES if end == "declined"}
    assert declined == {"received", "in_review", "needs_information"}


def test_a_review_is_the_therapists() -> None:
    for end in ("in_review", "accepted", "declined"):
        assert who_may("received", end) == ("therapist",)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("end", ["withdrawn", "closed"])
def test_the_practice_withdraws_and_closes_whatever_is_not_over(stage: Stage, end: Stage) -> None:
    assert may_move(stage, end, "desk") == (stage not in ("declined", *OVER))
    assert not may_move(stage, end, "service", "physician")


@pytest.mark.parametrize("end", OVER)
@pytest.mark.parametrize("stage", STAGES)
def test_nothing_leaves_what_is_over_but_by_news_that_it_was_booked_in_time(stage: Stage, end: Stage) -> None:
    assert MOVES.get((end, stage)) == (("service",) if (end, stage) in LATE_NEWS else None)


LATE_NEWS = {("expired", "active"), ("expired", "completed")}


def test_only_what_waits_expires_and_nobody_does_it_by_hand() -> None:
    expiring = {start: roles for (start, end), roles in MOVES.items() if end == "expired"}
    assert expiring == dict.fromkeys(WAITING, ("service",))


def test_a_decline_can_only_be_taken_back() -> None:
    assert {end for start, end in MOVES if start == "declined"} == {"received", "needs_information"}


def test_what_is_missing_is_told_by_the_practice_or_the_physicians_office() -> None:
    assert set(who_may("needs_information", "received")) == {"desk", "therapist", "physician"}


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
        ("closed", 1, 0, "closed"),
        ("expired", 0, 0, "expired"),
        ("expired", 1, 0, "active"),
        ("expired", 0, 1, "completed"),
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
    ("stage", "kept", "news", "code"),
    [
        ("received", 0, None, "2.0"),
        ("needs_information", 0, None, "2.0"),
        ("in_review", 0, None, "2.0"),
        ("accepted", 0, None, "3.0"),
        ("declined", 0, None, "4.0"),
        ("active", 0, None, "5.1.1"),
        ("active", 1, None, "5.1.4"),
        ("active", 0, "moved", "5.1.1"),
        ("active", 1, "missed", "5.1.2"),
        ("active", 1, "restored", "5.1.1"),
        ("active", 1, "cancelled", "5.1.3"),
        ("active", 1, "completed", "5.1.4"),
        ("completed", 8, "completed", "7.0"),
        ("completed", 7, "missed", "7.0"),
        ("expired", 0, None, "6.0"),
        ("withdrawn", 2, "completed", "6.0"),
        ("closed", 0, None, "6.0"),
        ("closed", 8, "completed", "7.0"),
    ],
)
def test_each_stage_has_its_business_status(stage: Stage, kept: int, news: str | None, code: str) -> None:
    assert business_status(stage, kept, news)[0] == code


@pytest.mark.parametrize("stage", STAGES)
def test_a_cancellation_that_is_asked_for_shows_until_it_is_over(stage: Stage) -> None:
    asked = business_status(stage, 0, cancel_asked=True)[0] == "5.2"
    assert asked == (stage in (*WAITING, "active"))
