"""When the physician is asked to renew an order: while there is still time for an answer."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from services.booking.orders.ledger import Ledger
from services.booking.practice.policy import Policy

Reason = Literal["few_visits", "ends_soon"]
REASONS: tuple[Reason, ...] = get_args(Reason)


def reasons(ledger: Ledger, valid_until: date, today: date, policy: Policy) -> tuple[Reason, ...]:
    """For an order in force; an order whose last day is over is renewed by nobody's reminder any more.

    Visits left are those that did not take place yet, booked or not: a series that is booked as a whole has none
    to book from the start, and the question must come during the course. An order that grants few visits from the
    beginning is not asked about before the first of them is used.
    """
    if valid_until < today:
        return ()
    used = ledger.consumed + ledger.forfeited
    left = ledger.granted - used
    found: list[Reason] = []
    if used and left <= policy.warn_visits:
        found.append("few_visits")
    if left > 0 and (valid_until - today).days <= policy.warn_days:
        found.append("ends_soon")
    return tuple(found)
