"""What stands in a referral's way: tasks of the desk that referrals raises, and settles.

Kinds: `needs_information`, `same_patient` (two records may be one person), `physician_contact` (another one than the
known was sent), `cancel_asked` (by the physician's office), `no_activity`; `scan_overlooked`, of what is
no referral yet.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.contracts.referrals import ReferralResumed, ReferralStalled, ScanOverlooked, ScanSettled
from services.notify.models import Task

SCAN = "scan_overlooked"
Facts = dict[str, UUID | str]


def stalled(session: Session, event: ReferralStalled) -> None:
    _raise(session, _task(event), event.asked_at)


def resumed(session: Session, event: ReferralResumed) -> None:
    _settle(session, _task(event), event.resumed_at)


def scan_overlooked(session: Session, event: ScanOverlooked) -> None:
    _raise(session, {"kind": SCAN, "about": event.document_id}, event.overlooked_at)


def scan_settled(session: Session, event: ScanSettled) -> None:
    _settle(session, {"kind": SCAN, "about": event.document_id}, event.settled_at)


def _raise(session: Session, task: Facts, at: datetime) -> None:
    """Once however often it is told; again only when it is asked after it was dealt with."""
    row = insert(Task).values(id=new_id(), **task, created_at=at)
    again = row.on_conflict_do_update(
        index_elements=["kind", "about"],
        set_={"created_at": at, "done_at": case((Task.done_at > at, Task.done_at))},
        where=Task.created_at < at,
    )
    if task_id := session.scalar(again.returning(Task.id)):
        audit.record(session, "task_raised", "task", task_id, kind=task["kind"])


def _settle(session: Session, task: Facts, at: datetime) -> None:
    """Done, also when the task itself is told later."""
    row = insert(Task).values(id=new_id(), **task, created_at=at, done_at=at)
    done = row.on_conflict_do_update(
        index_elements=["kind", "about"],
        set_={"done_at": at},
        where=Task.done_at.is_(None) & (Task.created_at <= at),
    )
    session.execute(done)


def _task(event: ReferralStalled | ReferralResumed) -> Facts:
    return {
        "kind": event.about,
        "about": event.task_id,
        "referral_id": event.referral_id,
        "patient_id": event.patient_id,
    }
