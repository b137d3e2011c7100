"""What stands in a referral's way: tasks of the desk that referrals raises, and settles.

Kinds: `needs_information`, `same_patient` (two records may be one person), `physician_contact` (another one than the
known was sent), `cancel_asked` (by the physician's office), `no_activity`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.contracts.referrals import ReferralResumed, ReferralStalled
from services.notify.models import Task


def stalled(session: Session, event: ReferralStalled) -> None:
    """Raised once however often it is told; again only when it is asked after it was dealt with."""
    row = insert(Task).values(**_task(event), created_at=event.asked_at)
    again = row.on_conflict_do_update(
        index_elements=["kind", "about"],
        set_={"created_at": event.asked_at, "done_at": case((Task.done_at > event.asked_at, Task.done_at))},
        where=Task.created_at < event.asked_at,
    )
    if task_id := session.scalar(again.returning(Task.id)):
        audit.record(session, "task_raised", "task", task_id, kind=event.about)


def resumed(session: Session, event: ReferralResumed) -> None:
    """Done, also when the task itself is told later."""
    row = insert(Task).values(**_task(event), created_at=event.resumed_at, done_at=event.resumed_at)
    done = row.on_conflict_do_update(
        index_elements=["kind", "about"],
        set_={"done_at": event.resumed_at},
        where=Task.done_at.is_(None) & (Task.created_at <= event.resumed_at),
    )
    session.execute(done)


def _task(event: ReferralStalled | ReferralResumed) -> dict[str, UUID | str]:
    return {
        "id": new_id(),
        "kind": event.about,
        "about": event.task_id,
        "referral_id": event.referral_id,
        "patient_id": event.patient_id,
    }
