"""Many orders at once, each with its own fate: what is refused of one leaves the others as they are.

What is new is taken in together. An order that has to be looked at by itself, because it completes or contradicts an
earlier one or continues one, waits until those before it are written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from services.chassis.outbox import Outbox
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.referrals.intake import numbers
from services.referrals.intake.order import Order
from services.referrals.intake.receive import receive_order
from services.referrals.intake.take_in import take_in
from services.referrals.people.matching import Person
from services.referrals.people.register import one_at_a_time

Fate = bool | Refusal
"""Whether it is new; or why it is refused."""


def receive_some(session: Session, outbox: Outbox, vault: Vault, orders: Sequence[Order], now: datetime) -> list[Fate]:
    """The fate of each, in their order. Whoever else takes in one of these numbers or people waits for the end of the
    transaction: all numbers are taken first, then all people, so that nobody waits in a circle."""
    fates: list[Fate] = []
    asked = numbers.asked_for(vault, orders)
    while len(fates) < len(orders):
        rest = orders[len(fates) :]
        standings = numbers.claim(session, asked[len(fates) :])
        if not fates:
            one_at_a_time(session, vault, [Person.of(order.said["patient"]) for order in orders])
        together = _together(rest, standings)
        new = [order for order, standing in zip(rest[:together], standings, strict=False) if standing == "new"]
        take_in(session, outbox, vault, new, now)
        fates += [standing == "new" for standing in standings[:together]]
        if together < len(rest):
            fates.append(_alone(session, outbox, vault, rest[together], standings[together], now))
    return fates


def _together(orders: Sequence[Order], standings: Sequence[numbers.Standing]) -> int:
    """How many come before the first that has to be looked at by itself."""
    for place, (order, standing) in enumerate(zip(orders, standings, strict=True)):
        if standing == "unclear" or (standing == "new" and order.renews):
            return place
    return len(orders)


def _alone(
    session: Session, outbox: Outbox, vault: Vault, order: Order, standing: numbers.Standing, now: datetime
) -> Fate:
    try:
        with session.begin_nested():
            if standing == "unclear":
                return receive_order(session, outbox, vault, order, now)[1]
            take_in(session, outbox, vault, [order], now)
            return True
    except Refusal as refusal:
        if standing == "new":
            numbers.release(session, order)
        return refusal
