"""Which booked visits an order still covers, and why it does not cover the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from services.booking.orders.ledger import Ledger
from services.contracts.referrals import OrderTerms

Why = Literal["order_ended", "too_many", "too_early", "too_late", "starts_late", "length", "place"]

BY_TIME: frozenset[Why] = frozenset({"too_early", "too_late", "starts_late", "length", "place"})
"""What another time or place within the order would mend; for the rest it takes another order."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit that is booked and not yet over; `on` is its date where it takes place."""

    id: UUID
    on: date
    starts_at: datetime
    ends_at: datetime
    at_home: bool


def uncovered(
    visits: Sequence[Booked], terms: OrderTerms, ledger: Ledger, now: datetime, ended_at: datetime | None = None
) -> dict[UUID, Why]:
    """The first reason for each visit that is not covered, in order of time: the earlier visits use the order up first.

    What has begun is left to be settled as it turned out, and uses the order up too.
    """
    found: dict[UUID, Why] = {}
    left = ledger.granted - ledger.consumed - ledger.forfeited
    begun = ledger.consumed + ledger.forfeited > 0
    for visit in sorted(visits, key=lambda visit: visit.starts_at):
        if visit.starts_at <= now:
            left -= 1
        elif ended_at and visit.starts_at > ended_at:
            found[visit.id] = "order_ended"
        elif left <= 0:
            found[visit.id] = "too_many"
        else:
            left -= 1
            if why := _amiss(visit, terms, begun):
                found[visit.id] = why
        begun = True
    return found


def _amiss(visit: Booked, terms: OrderTerms, begun: bool) -> Why | None:
    if terms.earliest_on and visit.on < terms.earliest_on:
        return "too_early"
    if visit.on > terms.valid_until:
        return "too_late"
    if terms.start_by and not begun and visit.on > terms.start_by:
        return "starts_late"
    if visit.ends_at - visit.starts_at != timedelta(minutes=terms.session_minutes):
        return "length"
    return "place" if visit.at_home != terms.home_visit else None


def proposal(why: Why, ended_how: str | None, *, can_move: bool) -> Literal["move", "renewal", "cancel"]:
    """What the desk had best do: move what fits elsewhere; ask for more where the physician may well agree; cancel
    what the physician does not want any more."""
    if can_move:
        return "move"
    if why in ("too_many", "too_late") or ended_how == "expired":
        return "renewal"
    return "cancel"
