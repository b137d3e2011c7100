"""What a referral covers: how long, how many visits, what is left of them, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from services.care.units import units
from services.referrals.course.stages import WAITING, Stage

Unused = Literal["lapse", "carry_over"]
"""The clinic's policy for visits that are left when a referral is renewed."""
Lapse = Literal["valid_until", "start_by"]
"""Which date passed."""

SPENT = ("booked", "confirmed", "arrived", "completed")
"""Visits that count against the order while they stand."""


def lapsed(
    stage: Stage, valid_until: date | None, start_by: date | None, visits_kept: int, today: date
) -> Lapse | None:
    """The date that passed. The last day of a referral is still covered, and so is the day to start by.

    Only what waits expires: visits of an active referral are booked within its validity, so that it is completed, or
    waits again, by the time it ends. A first visit that took place was in time.
    """
    if stage not in WAITING:
        return None
    if valid_until and valid_until < today:
        return "valid_until"
    if start_by and start_by < today and not visits_kept:
        return "start_by"
    return None


def spent(visits: Iterable[tuple[str, str | None]]) -> int:
    """How many visits of an order are used or booked, from the status and the fate of each that was told of."""
    return sum(status in SPENT or fate == "forfeited" for status, fate in visits)


def left(covered: int, used: int) -> int:
    return max(0, covered - used)


def carried(policy: Unused, covered: int, used: int, renewed: int, most: int) -> int:
    """How many visits a renewal of `renewed` visits takes over; together not more than a referral may have."""
    if policy == "lapse":
        return 0
    return max(0, min(left(covered, used), most - renewed))


def weeks(visits: int, frequency_visits: int, frequency_days: int) -> int:
    """How many weeks the visits take at least, rounded up."""
    days = (visits - 1) * frequency_days // frequency_visits + 1
    return -(-days // 7)


def total_units(visits: int, minutes: int) -> int:
    """Units of 15 minutes that all visits together come to."""
    return visits * units(minutes)
