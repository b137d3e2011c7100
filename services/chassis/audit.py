"""Who did what to which object. Facts hold codes and numbers, never words about a patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.tables import audit


@dataclass(frozen=True, slots=True)
class Act:
    name: str
    object_type: str
    object_id: UUID | str
    facts: Mapping[str, Any] = field(default_factory=dict)


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
    record_each(session, [Act(act, object_type, object_id, facts) for object_id in object_ids])


def record_each(session: Session, acts: Sequence[Act]) -> None:
    """One audit row for each act, in their order and in one round trip."""
    if not acts:
        return
    who = context.actor.get()
    session.execute(
        insert(audit),
        [
            {
                "actor": who.id,
                "role": who.role,
                "act": act.name,
                "object_type": act.object_type,
                "object_id": str(act.object_id),
                "request_id": context.trace.get(),
                "facts": dict(act.facts) or None,
            }
            for act in acts
        ],
    )


def told(session: Session, object_ids: Iterable[UUID | str]) -> list[dict[str, Any]]:
    """Who read and did what to these, in order; JSON."""
    columns = (audit.c.at, audit.c.actor, audit.c.role, audit.c.act, audit.c.object_type, audit.c.object_id)
    ids = [str(id_) for id_ in object_ids]
    rows = session.execute(select(*columns).where(audit.c.object_id.in_(ids)).order_by(audit.c.id)).mappings()
    return [{**row, "at": row["at"].isoformat()} for row in rows]
