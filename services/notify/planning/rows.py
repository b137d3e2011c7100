"""The rows of `messages` as planning reads and writes them: without objects, and in few statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, or_, select, text
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.notify.models import Message
from services.notify.planning.differences import Change, Differences, End, Row
from services.notify.schedule import Key, Planned
from services.notify.why import trail

NAMES = (
    "id", "subject_id", "starts_at", "happened_at", "kind", "channel", "recipient", "role", "state", "reason",
    "due_at", "send_before", "zone", "was_at", "by", "covers", "session_id", "series_id", "referral_id", "sent_at",
    "changed_at", "attempts",
)  # fmt: skip
COLUMNS = tuple(getattr(Message.__table__.c, name) for name in NAMES)

_WRITTEN = (
    "id", "subject_id", "starts_at", "happened_at", "kind", "channel", "recipient", "role", "patient_id",
    "referral_id", "series_id", "session_id", "zone", "was_at", "by", "state", "reason", "due_at", "ready_at",
    "send_before", "trail", "covers",
)  # fmt: skip

_INSERT = text(
    "INSERT INTO messages ({names}) SELECT {names}"
    " FROM jsonb_populate_recordset(NULL::messages, CAST(:rows AS jsonb))"
    " ON CONFLICT ON CONSTRAINT messages_logical_key DO NOTHING RETURNING id, state".format(names=", ".join(_WRITTEN))
).columns(id=Uuid)

_UPDATE = text(
    "UPDATE messages SET state = it.state, reason = it.reason, trail = messages.trail || it.trail,"
    " due_at = it.due_at, send_before = it.send_before, zone = it.zone, was_at = it.was_at, by = it.by,"
    " covers = it.covers, series_id = it.series_id, session_id = it.session_id, changed_at = fascia_now(), ready_at ="
    "  CASE WHEN messages.due_at = it.due_at AND messages.state = 'planned' THEN messages.ready_at ELSE it.due_at END"
    " FROM jsonb_populate_recordset(NULL::messages, CAST(:rows AS jsonb)) AS it WHERE messages.id = it.id"
)
_END = text(
    "UPDATE messages SET state = 'superseded', reason = it.reason, trail = messages.trail || it.trail,"
    " changed_at = fascia_now()"
    " FROM jsonb_populate_recordset(NULL::messages, CAST(:rows AS jsonb)) AS it WHERE messages.id = it.id"
)


def of(
    session: Session, referral_ids: Iterable[UUID], patients: Iterable[UUID], roles: tuple[str, ...], only: UUID | None
) -> list[Row]:
    """All messages to these patients, and those about these referrals, to people of these roles."""
    table = Message.__table__.c
    mine: Any = table.referral_id.in_(list(referral_ids))
    if "patient" in roles:
        mine = or_(mine, and_(table.patient_id.in_(list(patients)), table.role == "patient"))
    wanted = select(*COLUMNS).where(mine, table.role.in_(roles))
    if only:
        wanted = wanted.where(table.recipient == only)
    return read(session, wanted)


def read(session: Session, wanted: Any) -> list[Row]:
    """Of a SELECT of `COLUMNS`."""
    found: Any = session.execute(wanted)
    return [Row(*row) for row in found]


def write(session: Session, wrong: Differences, patients: Any, have: Any, now: datetime) -> None:
    """Everything that differs, in one statement for each manner of difference."""
    ids = {key: row.id for key, row in have.items()}
    new = [_new(message, reason, patients, now) for message, reason in wrong.missing]
    ids |= {message.key: row["id"] for (message, _), row in zip(wrong.missing, new, strict=True)}
    if wrong.ends:
        _run(session, _END, [_ended(end, ids, now) for end in wrong.ends])
        audit.record_all(session, "message_superseded", "message", [end.row.id for end in wrong.ends])
    if wrong.changes:
        _run(session, _UPDATE, [_changed(change, now) for change in wrong.changes])
        expired = [change.row.id for change in wrong.changes if change.state == "expired"]
        audit.record_all(session, "message_expired", "message", expired)
    if new:
        made: Any = list(session.execute(_INSERT, {"rows": json.dumps(new, default=_json)}))
        for state in ("planned", "expired"):
            audit.record_all(session, f"message_{state}", "message", [row.id for row in made if row.state == state])
    for one in list(session.identity_map.values()):
        if isinstance(one, Message) and one.id in wrong.touched:
            session.expire(one)


def _run(session: Session, statement: Any, rows: list[dict[str, Any]]) -> None:
    session.execute(statement, {"rows": json.dumps(rows, default=_json)})


def _new(message: Planned, reason: str | None, patients: Any, now: datetime) -> dict[str, Any]:
    decisions = [(one.what, one.facts) for one in message.because]
    if reason:
        decisions.append(("expired", {"because": reason}))
    names = ("subject_id", "starts_at", "happened_at", "kind", "channel", "recipient", "role", "referral_id")
    assert message.referral_id
    return {name: getattr(message, name) for name in names} | _shared(message) | {
        "id": new_id(), "patient_id": patients[message.referral_id], "ready_at": message.due_at,
        "state": "expired" if reason else "planned", "reason": reason, "trail": _entries(decisions, now),
    }  # fmt: skip


def _shared(message: Planned) -> dict[str, Any]:
    covers = [{"session_id": id_, "starts_at": at} for id_, at in message.covers] or None
    return {
        "due_at": message.due_at, "send_before": message.send_before, "zone": message.zone.key,
        "was_at": message.was_at, "by": message.by, "covers": covers,
        "series_id": message.series_id, "session_id": message.session_id,
    }  # fmt: skip


def _changed(change: Change, now: datetime) -> dict[str, Any]:
    return _shared(change.message) | {
        "id": change.row.id, "state": change.state, "reason": change.reason,
        "trail": _entries(change.decisions, now),
    }  # fmt: skip


def _ended(end: End, ids: dict[Key, UUID], now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {"because": end.reason}
    if end.told_by and end.told_by in ids:
        facts["message"] = ids[end.told_by]
    return {"id": end.row.id, "reason": end.reason, "trail": _entries([("superseded", facts)], now)}


def _entries(decisions: Iterable[tuple[Any, Any]], now: datetime) -> list[trail.Entry]:
    return [trail.entry(what, now, **facts) for what, facts in decisions]


def _json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
