"""Who did what to which object. Facts hold codes and numbers, never words about a patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.tables import audit


def record(session: Session, act: str, object_type: str, object_id: UUID | str, **facts: Any) -> None:
    """Write an audit row into the open transaction."""
    record_all(session, act, object_type, [object_id], **facts)


def record_all(
    session: Session,
    act: str,
    object_type: str,
    object_ids: Sequence[UUID | str],
    **facts: Any,
) -> None:
    """One audit row for each object, in one round trip."""
    if not object_ids:
        return
    who = context.actor.get()
    session.execute(
        insert(audit),
        [
            {
                "actor": who.id,
                "role": who.role,
                "act": act,
                "object_type": object_type,
                "object_id": str(object_id),
                "request_id": context.trace.get(),
                "facts": facts or None,
            }
            for object_id in object_ids
        ],
    )
