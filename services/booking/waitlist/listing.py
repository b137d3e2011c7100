"""The waitlist as the desk sees it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.booking.models import Offer, Waiting

MOST = 500


def listed(session: Session, status: str) -> list[dict[str, Any]]:
    """Who waits longest first, each with the offers that were made, the newest first."""
    entries = select(Waiting).where(Waiting.status == status).order_by(Waiting.since, Waiting.id).limit(MOST)
    waiting = session.scalars(entries.options(joinedload(Waiting.order))).all()
    theirs = Offer.waiting_id.in_([one.id for one in waiting])
    made = select(Offer).where(theirs).options(joinedload(Offer.waiting)).order_by(Offer.id.desc())
    offers: dict[Any, list[Offer]] = {}
    for offer in session.scalars(made):
        offers.setdefault(offer.waiting_id, []).append(offer)
    return [shown(one, offers.get(one.id, [])) for one in waiting]


def shown(one: Waiting, offers: list[Offer]) -> dict[str, Any]:
    names = ("id", "order_id", "session_id", "first_on", "last_on", "possible", "status", "since", "ended_at")
    return {
        **{name: getattr(one, name) for name in names},
        "therapist": one.therapist_id,
        "patient_id": one.order.patient_id,
        "referral_id": one.order.referral_id,
        "offers": offers,
    }
