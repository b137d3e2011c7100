"""The end of a referral: withdrawn by the physician, closed by the practice, or expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.contracts.event import Event
from services.contracts.referrals import ReferralEnded
from services.referrals.course.stages import may_move
from services.referrals.events import obstacles_settled, of_referral, resumed, stalled
from services.referrals.intake.complete import mine
from services.referrals.models import Referral
from services.referrals.review.decision import locked

End = Literal["withdrawn", "expired", "closed"]
REASONS = ("patient_unreachable", "patient_declined", "treated_elsewhere", "duplicate", "entered_in_error", "finished")


class CannotBeWithdrawn(Refusal):
    """Facts: status."""

    message = "This referral is over: there is nothing to withdraw."


class CannotBeClosed(Refusal):
    """Facts: status."""

    message = "This referral is over already."


def withdraw(session: Session, outbox: Outbox, referral_id: UUID, *, now: datetime) -> Referral:
    """On the physician's word; saying it again changes nothing. Raises `NotFound`, `CannotBeWithdrawn`."""
    referral = locked(session, referral_id)
    if referral.status == "withdrawn":
        return referral
    if not may_move(referral.status, "withdrawn"):
        raise CannotBeWithdrawn(status=referral.status)
    return end(session, outbox, referral, "withdrawn", now=now)


def close(session: Session, outbox: Outbox, referral_id: UUID, reason: str, *, now: datetime) -> Referral:
    """The practice is done with it; saying it again changes nothing. Raises `NotFound`, `CannotBeClosed`."""
    referral = locked(session, referral_id)
    if referral.status == "closed":
        return referral
    if not may_move(referral.status, "closed"):
        raise CannotBeClosed(status=referral.status)
    return end(session, outbox, referral, "closed", now=now, because=reason)


def end(
    session: Session, outbox: Outbox, referral: Referral, how: End, *, now: datetime, because: str | None = None
) -> Referral:
    """`referral` is locked, and may make the move."""
    end_all(session, outbox, [referral], how, now=now, because=because)
    return referral


def end_all(
    session: Session, outbox: Outbox, referrals: Sequence[Referral], how: End, *, now: datetime, because: str | None
) -> None:
    """Several for one reason, in as many round trips as for one."""
    told: list[Event] = []
    for referral in referrals:
        told += obstacles_settled(referral, now)
        referral.status, referral.ended_at, referral.ended_because = how, now, because
        referral.version += 1
        told.append(of_referral(ReferralEnded, referral, ended_at=now, how=how))
    session.flush()
    audit.record_all(session, f"referral_{how}", "referral", [each.id for each in referrals], because=because)
    outbox.record(session, *told)


def ask_to_cancel(session: Session, outbox: Outbox, referral_id: UUID, *, now: datetime) -> Referral:
    """The physician's office asks; the practice withdraws it, or speaks with them. Asking again changes nothing.

    Raises `NotFound`, `CannotBeWithdrawn`.
    """
    referral = mine(locked(session, referral_id))
    if not may_move(referral.status, "withdrawn"):
        raise CannotBeWithdrawn(status=referral.status)
    if referral.cancel_asked_at is None:
        referral.cancel_asked_at = now
        referral.version += 1
        session.flush()
        audit.record(session, "cancellation_asked", "referral", referral.id, version=referral.version)
        outbox.record(session, stalled(referral, "cancel_asked", now))
    return referral


def keep_on(session: Session, outbox: Outbox, referral_id: UUID, *, now: datetime) -> Referral:
    """The cancellation was not meant, or is taken back. Raises `NotFound`."""
    referral = locked(session, referral_id)
    if referral.cancel_asked_at is None or not may_move(referral.status, "withdrawn"):
        raise NotFound
    referral.cancel_asked_at = None
    referral.version += 1
    session.flush()
    audit.record(session, "cancellation_taken_back", "referral", referral.id, version=referral.version)
    outbox.record(session, resumed(referral, "cancel_asked", now))
    return referral
