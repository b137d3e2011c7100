"""What passed between the practice and a person, or about a visit: messages, replies, consents and tasks. Of a
patient with several records, what is told of any.

Newest first, a page at a time. A message stands at the time when it was handed over, or else is or was due.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.chassis.refusals import Invalid
from services.notify.people.records import RECORDS
from services.notify.why.reasons import title

Whose = Literal["patient", "session", "physician"]

MOST = 200
WHATS = ("message", "reply", "consent", "task")

_NAMES = (
    'line (what, at, id, kind, channel, "to", state, reason, referral_id, series_id, session_id, starts_at, done_at,'
    " message_id, body)"
)
_SELECTS = {
    "message": "SELECT 'message', coalesce(sent_at, due_at), id, kind, channel,"
    " CASE channel WHEN 'desk' THEN 'desk' ELSE role END, state, reason, referral_id, series_id, session_id,"
    " starts_at, NULL::timestamptz, NULL::uuid, NULL::text FROM messages",
    "reply": "SELECT 'reply', received_at, id, meaning, 'text', 'desk', NULL, NULL, NULL::uuid, NULL::uuid, session_id,"
    " NULL::timestamptz, NULL::timestamptz, NULL::uuid, body FROM replies",
    "consent": "SELECT 'consent', at, id, CASE WHEN agreed THEN 'agreed' ELSE 'revoked' END, channel, NULL, NULL,"
    " source, NULL::uuid, NULL::uuid, NULL::uuid, NULL::timestamptz, NULL::timestamptz, NULL::uuid, NULL FROM consents",
    "task": "SELECT 'task', created_at, id, kind, 'desk', 'desk',"
    " CASE WHEN done_at IS NULL THEN 'open' ELSE 'done' END, code, referral_id, NULL::uuid, session_id,"
    " NULL::timestamptz, done_at, message_id, NULL FROM tasks",
}
_SAME = RECORDS.format(patient="CAST(:id AS uuid)")
_OF_VISIT = RECORDS.format(patient="(SELECT visits.patient_id FROM visits WHERE visits.id = :id)")
_OF: dict[Whose, dict[str, str]] = {
    "patient": {
        "message": f"patient_id = ANY ({_SAME})",
        "reply": f"patient_id = ANY ({_SAME})",
        "consent": f"person_id = ANY ({_SAME})",
        "task": f"patient_id = ANY ({_SAME})",
    },
    "session": {
        "message": f"session_id = :id OR patient_id = ANY ({_OF_VISIT})"
        " AND covers @> jsonb_build_array(jsonb_build_object('session_id', CAST(:id AS text)))",
        "reply": "session_id = :id",
        "task": "session_id = :id",
    },
    "physician": {
        "message": "recipient = :id AND role = 'physician'",
        "consent": "person_id = :id",
        "task": "message_id IN (SELECT sent.id FROM messages AS sent WHERE recipient = :id AND role = 'physician')",
    },
}
_FILTERS = {"channel": "channel = :channel", "to": '"to" = :to', "state": "state = :state", "kind": "kind = :kind"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is None is not asked."""

    what: Sequence[str] | None = None
    channel: str | None = None
    to: str | None = None
    state: str | None = None
    kind: str | None = None
    before: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """`next` is the cursor of what comes before it in time; None at the beginning."""

    lines: list[dict[str, Any]]
    next: str | None


def page(session: Session, whose: Whose, id_: UUID, asked: Asked) -> Page:
    """In one statement. `body` of a reply is sealed. Raises `Invalid` for a cursor that was never given."""
    wanted = [what for what in _OF[whose] if asked.what is None or what in asked.what]
    if not wanted:
        return Page([], None)
    values = {name: getattr(asked, name) for name in _FILTERS if getattr(asked, name) is not None}
    conditions = [_FILTERS[name] for name in values]
    if asked.before is not None:
        conditions.append("(at, id) < (:before_at, :before_id)")
        values |= _opened(asked.before)
    union = " UNION ALL ".join(f"({_SELECTS[what]} WHERE {_OF[whose][what]})" for what in wanted)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT * FROM ({union}) AS {_NAMES}{where} ORDER BY at DESC, id DESC LIMIT :limit"
    rows = session.execute(text(query), {**values, "id": id_, "limit": asked.limit + 1}).mappings().all()
    lines = [_shown(row) for row in rows[: asked.limit]]
    return Page(lines, _closed(lines[-1]) if len(rows) > asked.limit else None)


def _shown(row: Any) -> dict[str, Any]:
    line = dict(row)
    return line | {"title": title(line["kind"]) if line["what"] == "message" else None}


def _closed(line: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps([line["at"].isoformat(), str(line["id"])]).encode()).decode()


def _opened(cursor: str) -> dict[str, Any]:
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return {"before_at": datetime.fromisoformat(at), "before_id": UUID(id_)}
    except (ValueError, TypeError, binascii.Error, AttributeError):
        raise Invalid(before=["Give the cursor as it came, or leave it out."]) from None
