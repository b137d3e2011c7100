"""What has to change in the rows so that they are what should exist. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify.planning.ended import ended
from services.notify.schedule import Case, Decision, Key, Occasion, Planned, Policy, Reach

TAKEN = ("sending", "sent", "delivered", "unknown")
TOLD_FOR = timedelta(days=14)
"""What we learn of too late is noted for so long, so that it can be told why nothing was sent."""
TOO_LATE, NO_TIME_LEFT = "told_too_late", "no_time_left"


@dataclass(frozen=True, slots=True)
class Row:
    """Of `messages`, as far as planning asks."""

    id: UUID
    subject_id: UUID
    starts_at: datetime | None
    happened_at: datetime | None
    kind: str
    channel: str
    recipient: UUID
    role: str
    state: str
    reason: str | None
    due_at: datetime
    send_before: datetime
    zone: str
    was_at: datetime | None
    by: str | None
    covers: list[dict[str, Any]] | None
    session_id: UUID | None
    series_id: UUID | None
    referral_id: UUID
    sent_at: datetime | None
    changed_at: datetime
    attempts: int

    @property
    def key(self) -> Key:
        return (self.subject_id, self.starts_at, self.happened_at, self.kind, self.channel, self.recipient)

    @property
    def occasion(self) -> Occasion:
        return (self.subject_id, self.starts_at, self.happened_at, self.kind, self.recipient)

    @property
    def is_taken(self) -> bool:
        """A provider has it, may have it, or was tried in vain until it was too late."""
        return self.state in TAKEN or (self.state == "expired" and self.attempts > 0)

    @property
    def is_open(self) -> bool:
        """It may still be planned to be otherwise."""
        return self.state in ("planned", "superseded") or (self.state == "expired" and self.attempts == 0)

    @property
    def reminds(self) -> frozenset[tuple[str, UUID, datetime]]:
        """Of which visits, if it is a reminder."""
        if self.session_id is None or self.starts_at is None or not self.kind.startswith("reminder_"):
            return frozenset()
        visits = {(UUID(one["session_id"]), datetime.fromisoformat(one["starts_at"])) for one in self.covers or ()}
        return frozenset((self.kind, *visit) for visit in visits | {(self.session_id, self.starts_at)})


@dataclass(frozen=True, slots=True)
class Plan:
    """What should exist, in time or not, with what is known of the people and their referrals."""

    wanted: dict[Key, Planned]
    rows: dict[Key, Row]
    cases: Mapping[UUID, Case]
    patients: Mapping[UUID, UUID]
    """By referral."""
    people: Mapping[UUID, Reach]
    policy: Policy
    now: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A row that becomes what is planned, in that state, and the decisions that led to it."""

    row: Row
    message: Planned
    state: str
    reason: str | None
    decisions: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class End:
    row: Row
    reason: str
    told_by: Key | None
    """Of the message that tells it instead."""


@dataclass(slots=True)
class Differences:
    missing: list[tuple[Planned, str | None]] = field(default_factory=list)
    """With the reason of those for which it is too late."""
    changes: list[Change] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)

    @property
    def touched(self) -> frozenset[UUID]:
        return frozenset({change.row.id for change in self.changes} | {end.row.id for end in self.ends})


def differences(plan: Plan) -> Differences:
    taken = {row.occasion: key for key, row in plan.rows.items() if row.is_taken}
    found = Differences(ends=list(_ends(plan, taken)))
    over = {end.row.id for end in found.ends}
    noted = {row.occasion for row in plan.rows.values() if row.state != "superseded" and row.id not in over}
    for key, message in plan.wanted.items():
        row = plan.rows.get(key)
        if message.occasion in taken or (row and not row.is_open):
            continue
        if message.is_in_time(plan.now):
            if row is None:
                found.missing.append((message, None))
            elif change := _change(row, message):
                found.changes.append(change)
        elif row is None and message.occasion not in noted and plan.now - message.due_at <= TOLD_FOR:
            found.missing.append((message, _too_late(message, plan.now)))
        elif row and row.state == "planned" and plan.now < row.send_before:
            reason = _too_late(message, plan.now)
            found.changes.append(Change(row, message, "expired", reason, (("expired", {"because": reason}),)))
    return found


def _too_late(message: Planned, now: datetime) -> str:
    return TOO_LATE if message.due_at < message.send_before <= now else NO_TIME_LEFT


def _ends(plan: Plan, taken: Mapping[Occasion, Key]) -> Iterator[End]:
    """Past its time a planned row is not superseded: it expires."""
    for key, row in plan.rows.items():
        late = row.state == "expired" and row.reason in (TOO_LATE, NO_TIME_LEFT)
        planned = row.state == "planned" and plan.now < row.send_before
        if planned and row.occasion in taken:
            yield End(row, "told_already", taken[row.occasion])
        elif key not in plan.wanted and (late or planned):
            yield End(row, *ended(plan, row))


def _change(row: Row, message: Planned) -> Change | None:
    if row.state != "planned":
        again = tuple((one.what, one.facts) for one in message.because)
        return Change(row, message, "planned", None, again)
    decisions = tuple(_retimed(row, message))
    told = (message.send_before, message.zone.key, message.was_at, message.by, message.series_id, message.session_id)
    if decisions or told != (row.send_before, row.zone, row.was_at, row.by, row.series_id, row.session_id):
        return Change(row, message, "planned", row.reason, decisions)
    return None


def _retimed(row: Row, message: Planned) -> Iterator[tuple[str, Mapping[str, Any]]]:
    visits = [{"session_id": str(id_), "starts_at": at.isoformat()} for id_, at in message.covers] or None
    others = _visits(row.covers) != _visits(visits)
    if others:
        yield "merged", {"visits": len(visits or ()) or 1}
    if row.due_at != message.due_at:
        because = "visits_of_the_day" if others else "replanned"
        yield "retimed", {"was_at": row.due_at, "due_at": message.due_at, "because": because}
        yield from ((one.what, one.facts) for one in message.because if one.what in ("capped", "deferred"))


def _visits(covers: list[dict[str, Any]] | None) -> list[tuple[str, datetime]]:
    return [(one["session_id"], datetime.fromisoformat(one["starts_at"])) for one in covers or ()]


__all__ = ["TAKEN", "Change", "Decision", "Differences", "End", "Plan", "Row", "differences"]
