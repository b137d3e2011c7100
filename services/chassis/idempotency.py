"""The `Idempotency-Key` header: the same request, sent twice, is done once and answered alike.

Source: the IETF httpapi working group's draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.refusals import Refusal
from services.chassis.tables import idempotency


class IdempotencyKeyReused(Refusal):
    status = 422
    message = "This Idempotency-Key was used for another request. Use a new key."


def earlier_answer(session: Session, key: str, request: Any) -> tuple[int, Any] | None:
    """Claim a key in the open transaction, or give the (status, body) that was answered under it before.

    A second request under the same key waits here for the first one's transaction to end.
    """
    who = context.actor.get().id
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    claim = insert(idempotency).values(key=key, actor=who, fingerprint=fingerprint)
    if session.scalar(claim.on_conflict_do_nothing().returning(idempotency.c.key)):
        return None
    row = session.execute(select(idempotency).where(idempotency.c.key == key, idempotency.c.actor == who)).one()
    if row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return row.status, row.body


def remember(session: Session, key: str, status: int, body: Any) -> None:
    """Keep the answer (JSON) with the key, in the same transaction as its effects."""
    session.execute(
        update(idempotency)
        .where(idempotency.c.key == key, idempotency.c.actor == context.actor.get().id)
        .values(status=status, body=body)
    )
