"""Taking a referral in: once for each number of the physician's office, however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis.outbox import Outbox
from services.chassis.refusals import Refusal
from services.chassis.vault import Vault
from services.referrals.intake import placers
from services.referrals.intake.complete import completed, may_complete
from services.referrals.intake.order import Order
from services.referrals.intake.take_in import people_of, take_in
from services.referrals.models import PlacerNumber, Referral


class PlacerNumberReused(Refusal):
    message = "This number was used for another referral. Send a changed order under a number of its own."


def receive(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    intake: dict[str, Any],
    now: datetime,
    missing: Sequence[str] = (),
) -> tuple[Referral, bool]:
    """The referral, and whether it is new. `intake` and `missing` are what `intake.read` or `intake.read_open` gave.

    The same number from the same sender gives the referral it stands for. While that waits for information, what its
    sender sends again completes it; else raises `PlacerNumberReused` when what was sent differs.
    """
    return receive_order(session, outbox, vault, Order.of(intake, missing), now)


def receive_order(session: Session, outbox: Outbox, vault: Vault, order: Order, now: datetime) -> tuple[Referral, bool]:
    if held := placers.claim(session, vault, order.said, order.id):
        return _again(session, outbox, vault, held, order, now), False
    [referral] = take_in(session, outbox, vault, [order], now)
    return referral, True


def _again(
    session: Session,
    outbox: Outbox,
    vault: Vault,
    held: PlacerNumber,
    order: Order,
    now: datetime,
) -> Referral:
    """Raises `PlacerNumberReused`."""
    referral = session.get_one(Referral, held.referral_id)
    if held.fingerprint == placers.fingerprint(vault, order.said):
        return referral
    session.refresh(referral, with_for_update={"key_share": True})
    if not may_complete(referral):
        raise PlacerNumberReused(reference=referral.reference)
    [people] = people_of(session, vault, [order], now)
    if (people.patient.patient.id, order.said["physician"]["npi"]) != (referral.patient_id, referral.physician.npi):
        raise PlacerNumberReused(reference=referral.reference)
    held.fingerprint = placers.fingerprint(vault, order.said)
    outbox.record(session, *people.told)
    return completed(session, outbox, vault, referral, order.intake, order.missing, now)
