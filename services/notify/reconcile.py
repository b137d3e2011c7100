"""The rows are made to be what `schedule` says: insert, re-time, supersede.

Only a row that is still planned is ever changed. What was handed to a provider, or may have been, stays as it
is and stands for its occasion on every channel: nobody is told the same by text and by e-mail.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.notify import cases
from services.notify.models import Message
from services.notify.schedule import Case, Planned, Policy, planned

TAKEN = ("sending", "sent", "delivered", "unknown", "expired")
ROLES = ("patient", "physician")

Key = tuple[UUID, datetime | None, datetime | None, str, str, UUID]
Wanted = dict[Key, tuple[Planned, Case, UUID]]


def reconcile(session: Session, referral_ids: list[UUID], roles: tuple[str, ...] = ROLES) -> None:
    """Plan the messages about these referrals to people of these roles, whose locks the caller holds."""
    known = cases.policy(session)
    if known is None or not referral_ids:
        return
    policy, now = known
    wanted = _wanted(session, policy, referral_ids, roles, now)
    # Waits for a dispatcher that is claiming one of them, and then sees it as sending.
    rows = session.scalars(
        select(Message)
        .where(Message.referral_id.in_(referral_ids), Message.role.in_(roles))
        .order_by(Message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    _supersede(session, [row for row in rows if _is_over(row, wanted, now)])
    _bring_about(session, wanted, rows)


def _wanted(
    session: Session, policy: Policy, referral_ids: list[UUID], roles: tuple[str, ...], now: datetime
) -> Wanted:
    loaded = cases.load(session, referral_ids)
    people = cases.reach(session, {id_ for _, *ids in loaded for id_ in ids if id_})
    return {
        message.key: (message, case, patient_id)
        for case, patient_id, physician_id in loaded
        if patient_id
        for message in planned(
            case, people.get(patient_id), people.get(physician_id) if physician_id else None, policy, now
        )
        if message.role in roles
    }


def _key(row: Message) -> Key:
    return (row.subject_id, row.starts_at, row.happened_at, row.kind, row.channel, row.recipient)


def _occasion(key: Key) -> tuple[Any, ...]:
    return (*key[:4], key[5])


def _is_over(row: Message, wanted: Wanted, now: datetime) -> bool:
    """Past its time a planned row is not superseded: it expires."""
    return row.state == "planned" and _key(row) not in wanted and now < row.send_before


def _supersede(session: Session, rows: list[Message]) -> None:
    for row in rows:
        row.state, row.reason = "superseded", "no longer planned"
    if rows:
        audit.record_all(session, "message_superseded", "message", [row.id for row in rows])


def _bring_about(session: Session, wanted: Wanted, rows: Iterable[Message]) -> None:
    have = {_key(row): row for row in rows}
    taken = {_occasion(key) for key, row in have.items() if row.state in TAKEN}
    missing = []
    for key, (message, case, patient_id) in wanted.items():
        row = have.get(key)
        if _occasion(key) in taken:
            continue
        if row is None:
            missing.append(_values(message, case, patient_id))
        elif row.state in ("planned", "superseded"):
            _retime(row, message)
    _insert(session, missing)


def _retime(row: Message, message: Planned) -> None:
    if row.due_at != message.due_at or row.state == "superseded":
        row.due_at = row.ready_at = message.due_at
    row.send_before, row.zone = message.send_before, message.zone.key
    row.was_at, row.by = message.was_at, message.by
    row.state, row.reason = "planned", None


def _values(message: Planned, case: Case, patient_id: UUID) -> dict[str, Any]:
    names = ("subject_id", "starts_at", "happened_at", "kind", "channel", "recipient", "role", "due_at",
             "send_before", "series_id", "session_id", "was_at", "by")  # fmt: skip
    return {name: getattr(message, name) for name in names} | {
        "id": new_id(),
        "ready_at": message.due_at,
        "zone": message.zone.key,
        "referral_id": case.referral_id,
        "patient_id": patient_id,
    }


def _insert(session: Session, missing: list[dict[str, Any]]) -> None:
    session.flush()
    if missing:
        row = insert(Message.__table__).on_conflict_do_nothing(constraint="messages_logical_key")  # type: ignore[arg-type]
        session.execute(row, missing)
        audit.record_all(session, "message_planned", "message", [values["id"] for values in missing])
