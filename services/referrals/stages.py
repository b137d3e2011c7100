"""The stages of a referral: which moves are allowed, who may make them, and what the outside calls them.

Source of the business status: HL7 BSeR, code system TaskBusinessStatusCS.
"""

from __future__ import annotations

from typing import Literal

Stage = Literal["received", "accepted", "declined", "active", "completed", "withdrawn"]

MOVES: dict[tuple[Stage, Stage], tuple[str, ...]] = {
    ("received", "accepted"): ("therapist",),
    ("received", "declined"): ("therapist",),
    ("accepted", "active"): ("service",),
    ("accepted", "completed"): ("service",),
    ("active", "completed"): ("service",),
    ("completed", "active"): ("service",),
    ("active", "accepted"): ("service",),
    ("completed", "accepted"): ("service",),
    ("received", "withdrawn"): ("desk", "therapist"),
    ("accepted", "withdrawn"): ("desk", "therapist"),
    ("active", "withdrawn"): ("desk", "therapist"),
    ("completed", "withdrawn"): ("desk", "therapist"),
}
"""(from, to) → roles.

When left-over visits are booked as a further series, or a visit of a completed one is restored, completed is active
again. When the only series was cancelled whole, nothing is planned any more: the referral is accepted, and waits to be
booked. A physician's withdrawal, which the practice enters, is the end of it, whatever happened before.
"""

FOLLOWED: tuple[Stage, ...] = ("accepted", "active", "completed")
"""Stages that follow from what booking tells."""


def may_move(start: Stage, end: Stage, *roles: str) -> bool:
    """Whether one of these roles may make the move; any role, when none is named."""
    allowed = MOVES.get((start, end), ())
    return bool(allowed) and (not roles or not set(allowed).isdisjoint(roles))


def who_may(start: Stage, end: Stage) -> tuple[str, ...]:
    return MOVES[start, end]


def stage_after_booking(stage: Stage, series_open: int, series_completed: int) -> Stage:
    """Where a referral stands, from the series that are known of it, in whatever order they became known.

    Cancelled series count as neither open nor completed.
    """
    if stage not in FOLLOWED:
        return stage
    return "active" if series_open else "completed" if series_completed else "accepted"


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
    "withdrawn": ("6.0", "Service Request Fulfillment Cancelled"),
}
