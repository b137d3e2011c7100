"""Whose a referral is: a physician's office sees what it sent, the practice sees all."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.orm import Session

from services.chassis import context, identity
from services.referrals.models import Referral


def own() -> ColumnElement[bool]:
    """Of all referrals those that whoever acts may know of."""
    return Referral.received_from == context.actor.get().id if identity.outside() else true()


def theirs(referral: Referral) -> bool:
    """Whether whoever acts may know of it."""
    return not identity.outside() or referral.received_from == context.actor.get().id


PRACTICE = ""


def sender() -> str:
    """Whose numbers whoever acts uses: an office its own, everybody of the practice the practice's."""
    return context.actor.get().id if identity.outside() else PRACTICE


def has_sent(session: Session, patients: Collection[UUID]) -> bool:
    """Whether whoever acts sent a referral of this patient before, or belongs to the practice."""
    mine = exists().where(Referral.patient_id.in_(patients), Referral.received_from == context.actor.get().id)
    return not identity.outside() or bool(session.scalar(select(mine)))
