"""What a referral covers: how long, how many visits, what is left of them, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from services.care.units import units
from services.contracts.referrals import OrderTerms
from services.referrals.course.stages import WAITING, Stage

Unused = Literal["lapse", "carry_over"]
"""The clinic's policy for visits that are left when a referral is renewed."""
Lapse = Literal["valid_until", "start_by"]
"""Which date passed."""
Doubt = Literal["starts_today", "visits_do_not_fit"]
"""`starts_today`: this is the last day for the first visit. `visits_do_not_fit`: at the ordered frequency not all of
the visits can take place before the referral ends."""

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


def most_in(days: int, visits: int, per_days: int) -> int:
    """How many visits, at most one a day and at most `visits` in any `per_days` days in a row, fit into `days`."""
    rounds, rest = divmod(max(0, days), per_days)
    return rounds * visits + min(visits, rest)


def fitting(first_on: date, last_on: date, visits: int, per_days: int) -> int:
    """How many visits fit from the first day to the last, both included."""
    return most_in((last_on - first_on).days + 1, visits, per_days)


def doubts(terms: OrderTerms, today: date) -> tuple[Doubt, ...]:
    """What of an order can hardly be kept, so that nobody accepts it without knowing."""
    first_by = min(terms.start_by or terms.valid_until, terms.valid_until)
    fit = fitting(today, terms.valid_until, terms.cadence_visits, terms.cadence_days)
    found: dict[Doubt, bool] = {"starts_today": first_by == today, "visits_do_not_fit": fit < terms.visits}
    return tuple(name for name, so in found.items() if so)


def total_units(visits: int, minutes: int) -> int:
    """Units of 15 minutes that so many visits come to."""
    return visits * units(minutes)
