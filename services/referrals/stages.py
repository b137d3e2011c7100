"""The stages of a referral: which moves are allowed, who may make them, and what the outside calls them.

Source of the business status: HL7 BSeR, code system TaskBusinessStatusCS.
"""

from __future__ import annotations

from typing import Literal

Stage = Literal["received", "accepted", "declined", "active", "completed"]

MOVES: dict[tuple[Stage, Stage], tuple[str, ...]] = {
    ("received", "accepted"): ("therapist",),
    ("received", "declined"): ("therapist",),
    ("accepted", "active"): ("service",),
    ("accepted", "completed"): ("service",),
    ("active", "completed"): ("service",),
    ("completed", "active"): ("service",),
}
"""(from, to) → roles. When left-over visits are booked as a further series, completed is active again."""


def may_move(start: Stage, end: Stage) -> bool:
    return (start, end) in MOVES


def who_may(end: Stage) -> tuple[str, ...]:
    """The roles that may bring a referral into a stage."""
    return tuple(sorted({role for (_, to), roles in MOVES.items() if to == end for role in roles}))


def stage_after_booking(stage: Stage, series_open: int, series_completed: int) -> Stage:
    """Where a referral stands, from the series that are known of it, in whatever order they became known."""
    reached: Stage = "active" if series_open else "completed" if series_completed else stage
    return reached if may_move(stage, reached) else stage


def business_status(stage: Stage, visits_kept: int) -> tuple[str, str]:
    """BSeR code and display."""
    if stage == "active" and visits_kept:
        return "5.1.4", "Service Request Event Completed"
    return _BUSINESS_STATUS[stage]


_BUSINESS_STATUS: dict[Stage, tuple[str, str]] = {
    "received": ("2.0", "Service Request Created"),
    "accepted": ("3.0", "Service Request Accepted"),
    "declined": ("4.0", "Service Request Declined"),
    "active": ("5.1.1", "Service Request Event Scheduled"),
    "completed": ("7.0", "Service Request Fulfillment Completed"),
}
