"""What would be sent when, from what is known now: the planning itself, without writing what comes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis.refusals import NotFound
from services.notify.planning.differences import Plan
from services.notify.planning.learn import referrals_of
from services.notify.planning.reconcile import plan
from services.notify.schedule import Planned
from services.notify.why.explaining import About, sentences
from services.notify.why.reasons import title


def preview(session: Session, referral_id: UUID | None = None, patient_id: UUID | None = None) -> list[dict[str, Any]]:
    """In order of time, without what was sent already, may have been, or is too late. Raises `NotFound`."""
    ids = [referral_id] if referral_id else referrals_of(session, patient_id=patient_id)
    found = plan(session, ids)
    if found is None or not found.patients:
        raise NotFound
    wanted = (one for one in found.wanted.values() if referral_id in (None, one.referral_id))
    coming = [one for one in wanted if one.is_in_time(found.now) and not _is_over(one, found)]
    return [_shown(one) for one in sorted(coming, key=lambda one: (one.due_at, one.kind, one.role))]


def _is_over(message: Planned, found: Plan) -> bool:
    same = [row for row in found.rows.values() if row.occasion == message.occasion]
    return any(row.is_taken or (row.key == message.key and not row.is_open) for row in same)


def _shown(message: Planned) -> dict[str, Any]:
    about = About(message.kind, message.channel, message.zone, message.due_at)
    return {
        "kind": message.kind, "title": title(message.kind), "channel": message.channel,
        "to": "desk" if message.channel == "desk" else message.role, "due_at": message.due_at,
        "send_before": message.send_before, "starts_at": message.starts_at,
        "why": sentences(({"what": one.what, **one.facts} for one in message.because), about),
    }  # fmt: skip
