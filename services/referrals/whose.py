"""Whose a referral is: a physician's office sees what it sent, the practice sees all."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.chassis import context, identity
from services.referrals.models import Referral


def theirs(referral: Referral) -> bool:
    """Whether whoever acts may know of it."""
    return not identity.outside() or referral.received_from == context.actor.get().id


def has_sent(session: Session, patients: Collection[UUID]) -> bool:
    """Whether whoever acts sent a referral of this patient before, or belongs to the practice."""
    mine = exists().where(Referral.patient_id.in_(patients), Referral.received_from == context.actor.get().id)
    return not identity.outside() or bool(session.scalar(select(mine)))
