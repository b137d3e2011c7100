"""The stages of a referral: which moves are allowed, who may make them, and what the outside calls them.

Source of the business status: HL7 BSeR, code system TaskBusinessStatusCS.
"""

from __future__ import annotations

from typing import Literal

Stage = Literal[
    "received",
    "needs_information",
    "in_review",
    "accepted",
    "declined",
    "active",
    "completed",
    "expired",
    "withdrawn",
    "closed",
]

UNREVIEWED: tuple[Stage, ...] = ("received", "needs_information", "in_review")
"""Stages before the therapist's decision."""
WAITING: tuple[Stage, ...] = (*UNREVIEWED, "accepted")
"""Stages in which somebody has to do something before the patient is treated; they expire."""
WATCHED: tuple[Stage, ...] = (*WAITING, "active")
"""Stages in which nothing should lie still."""
FOLLOWED: tuple[Stage, ...] = ("accepted", "active", "completed")
"""Stages that follow from what booking tells."""
OVER: tuple[Stage, ...] = ("expired", "withdrawn", "closed")
"""Nothing leaves them, but that what expired was booked in time after all."""

_PRACTICE = ("desk", "therapist")
_ALIVE: tuple[Stage, ...] = (*WAITING, "active", "completed")

MOVES: dict[tuple[Stage, Stage], tuple[str, ...]] = {
    ("needs_information", "received"): (*_PRACTICE, "physician"),
    ("received", "needs_information"): _PRACTICE,
    ("in_review", "needs_information"): _PRACTICE,
    ("received", "in_review"): ("therapist",),
    ("received", "accepted"): ("therapist",),
    ("in_review", "accepted"): ("therapist",),
    ("received", "declined"): ("therapist",),
    ("in_review", "declined"): ("therapist",),
    ("needs_information", "declined"): ("therapist",),
    ("declined", "received"): ("therapist",),
    ("declined", "needs_information"): ("therapist",),
    ("accepted", "active"): ("service",),
    ("accepted", "completed"): ("service",),
    ("active", "completed"): ("service",),
    ("completed", "active"): ("service",),
    ("active", "accepted"): ("service",),
    ("completed", "accepted"): ("service",),
    ("expired", "active"): ("service",),
    ("expired", "completed"): ("service",),
    **{(stage, "expired"): ("service",) for stage in WAITING},
    **{(stage, "withdrawn"): _PRACTICE for stage in _ALIVE},
    **{(stage, "closed"): _PRACTICE for stage in _ALIVE},
}
"""(from, to) → roles.

A decline that was a mistake is undone on the day it was made. When left-over visits are booked as a further series, or
a visit of a completed one is restored, completed is active again. When the only series was cancelled whole, nothing is
planned any more: the referral is accepted, and waits to be booked. What waits expires; what is active does not, because
booking plans no visit after the last day. So what expired while the news of its series was on its way was booked in
time: it is in force again when they come. A physician's withdrawal, which the practice enters, is the end of it,
whatever happened before; and so is the closing by the practice.
"""


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
    in_time = stage == "expired" and series_open + series_completed > 0
    if stage not in FOLLOWED and not in_time:
        return stage
    return "active" if series_open else "completed" if series_completed else "accepted"


def business_status(
    stage: Stage, visits_kept: int, news: str | None = None, *, cancel_asked: bool = False
) -> tuple[str, str]:
    """BSeR code and display. `news` is what was last told of one of its visits."""
    if cancel_asked and stage in _ALIVE and stage != "completed":
        return "5.2", "Service Request Cancellation Requested"
    if stage == "active":
        return _VISITS.get(news or "") or _VISITS["completed" if visits_kept else "moved"]
    if stage == "closed" and visits_kept:
        return _BUSINESS_STATUS["completed"]
    return _BUSINESS_STATUS[stage]


_VISITS = {
    "moved": ("5.1.1", "Service Request Event Scheduled"),
    "restored": ("5.1.1", "Service Request Event Scheduled"),
    "missed": ("5.1.2", "Scheduled Service Request Event Unattended"),
    "cancelled": ("5.1.3", "Scheduled Service Request Event Cancelled"),
    "completed": ("5.1.4", "Service Request Event Completed"),
}
_CREATED = "2.0", "Service Request Created"
_CANCELLED = "6.0", "Service Request Fulfillment Cancelled"

_BUSINESS_STATUS: dict[Stage, tuple[str, str]] = {
    "received": _CREATED,
    "needs_information": _CREATED,
    "in_review": _CREATED,
    "accepted": ("3.0", "Service Request Accepted"),
    "declined": ("4.0", "Service Request Declined"),
    "completed": ("7.0", "Service Request Fulfillment Completed"),
    "expired": _CANCELLED,
    "withdrawn": _CANCELLED,
    "closed": _CANCELLED,
}
