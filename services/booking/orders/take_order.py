"""What a referral authorises becomes an order; its newest terms count, in whichever order they are told."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.booking.models import Ending, Order
from services.booking.orders.uncovered import ask_about_uncovered
from services.booking.visits.one_person import WHILE_NOBODY_MERGES, resource_of
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.vault import Vault
from services.contracts.event import Event
from services.contracts.referrals import ReferralAccepted, ReferralAmended

# Two numbers are a key space of their own, apart from the locks on resources.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(1, hashtext(:referral))")

Told = ReferralAccepted | ReferralAmended


def take_order(session: Session, outbox: Outbox, vault: Vault, told: Told) -> None:
    """A new order, or newer terms of one that is known; what is older than them has no effect."""
    session.execute(WHILE_NOBODY_MERGES)
    order, ending = known(session, told.referral_id)
    if order and told.version <= order.terms_version:
        order.accepted_at = min(order.accepted_at, _accepted_at(told))
        return
    order = order or Order(id=new_id(), accepted_at=_accepted_at(told))

    for name, value in _row(told, vault, resource_of(session, told.patient_id)).items():
        setattr(order, name, value)
    order.accepted_at = min(order.accepted_at, _accepted_at(told))
    order.heed(ending)

    session.add(order)
    session.flush()
    audit.record(session, _ACTS[type(told)], "order", order.id, version=told.version)
    ask_about_uncovered(session, outbox, order)


def known(session: Session, referral_id: UUID) -> tuple[Order | None, Ending | None]:
    """A referral's order and its end, locked: what is told of one referral takes effect one by one."""
    session.execute(ONE_AT_A_TIME, {"referral": str(referral_id)})
    order = session.scalar(select(Order).where(Order.referral_id == referral_id).with_for_update(key_share=True))
    return order, session.get(Ending, referral_id)


_ACTS: dict[type[Event], str] = {ReferralAccepted: "order_taken", ReferralAmended: "order_amended"}


def _accepted_at(told: Told) -> datetime:
    """An amendment that comes first says at least that the referral was accepted by then."""
    return told.accepted_at if isinstance(told, ReferralAccepted) else told.amended_at


def _row(told: Told, vault: Vault, patient_resource_id: int) -> dict[str, Any]:
    care = json.loads(told.care) if told.care else {}
    return {
        **asdict(told.terms),
        "techniques": list(told.terms.techniques),
        "equipment": list(told.terms.equipment),
        "care": vault.close(care) if care else None,
        "condition_keys": [vault.hash("condition", one) for one in sorted(set(care.get("conditions", ())))],
        "referral_id": told.referral_id,
        "reference": told.reference,
        "sent_by": told.sent_by,
        "patient_id": told.patient_id,
        "patient_resource_id": patient_resource_id,
        "terms_version": told.version,
        "pressure_ceiling": vault.seal.close(told.pressure_ceiling) if told.pressure_ceiling else None,
    }
