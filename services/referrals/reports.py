"""How the practice does with its referrals: what is open, who did not come, how each practice is answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.course.stages import WATCHED
from services.referrals.models import Physician, Referral, Visit

AGES = ((3, "under_3_days"), (8, "under_8_days"), (15, "under_15_days"), (31, "under_31_days"))
OLDER = "older"


def open_by_stage(session: Session, now: datetime) -> list[dict[str, Any]]:
    """How many wait in each stage, by how many days ago they were received."""
    days = func.extract("epoch", now - Referral.received_at) / 86400
    bucket = case(*((days < most, name) for most, name in AGES), else_=OLDER)
    rows = session.execute(
        select(Referral.status, bucket, func.count(), func.min(Referral.received_at))
        .where(Referral.status.in_(WATCHED))
        .group_by(Referral.status, bucket)
    ).all()
    return [_stage(stage, [row for row in rows if row[0] == stage], now) for stage in WATCHED]


def _stage(stage: str, rows: list[Any], now: datetime) -> dict[str, Any]:
    ages = {row[1]: row[2] for row in rows}
    oldest = min((row[3] for row in rows), default=None)
    return {
        "stage": stage,
        "count": sum(ages.values()),
        "by_age": {name: ages.get(name, 0) for name in (*(name for _, name in AGES), OLDER)},
        "oldest_days": (now - oldest).days if oldest else None,
    }


def no_shows(session: Session, since: datetime, until: datetime) -> dict[str, Any]:
    """Visits of a span that were missed: in all, and by referral, the most first."""
    missed = func.count().filter(Visit.status == "missed")
    forfeited = func.count().filter(Visit.status == "missed", Visit.fate == "forfeited")
    kept = func.count().filter(Visit.status == "completed")
    rows: Sequence[Any] = session.execute(
        select(Visit.referral_id, Referral.reference, Referral.patient_id, missed, forfeited, kept)
        .join(Referral, Referral.id == Visit.referral_id)
        .where(Visit.starts_at >= since, Visit.starts_at < until, Visit.status.in_(("missed", "completed")))
        .group_by(Visit.referral_id, Referral.reference, Referral.patient_id)
        .order_by(missed.desc(), Visit.referral_id)
    ).all()
    names = ("referral_id", "reference", "patient_id", "missed", "forfeited", "kept")
    totals = {name: sum(row[place] for row in rows) for place, name in enumerate(names) if place > 2}
    due = totals["missed"] + totals["kept"]
    return {
        **totals,
        "rate": round(totals["missed"] / due, 3) if due else None,
        "referrals": [_plain(dict(zip(names, row, strict=True))) for row in rows if row[3]],
    }


@dataclass
class Practice:
    """What became of the referrals of one practice."""

    stages: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: int = 0


def by_practice(session: Session, vault: Vault, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Referrals received in a span, by the practice that sent them, the most first; medians in days."""
    span = and_(Referral.received_at >= since, Referral.received_at < until)
    over = func.coalesce(
        Referral.completed_at, Referral.ended_at, case((Referral.status == "declined", Referral.reviewed_at))
    )
    missed = select(func.count()).where(Visit.referral_id == Referral.id, Visit.status == "missed").scalar_subquery()
    columns = (
        Referral.physician_id, Referral.status, missed, Referral.received_at, Referral.contacted_at,
        Referral.first_visit_at, over,
    )  # fmt: skip
    rows: Sequence[Any] = session.execute(select(*columns).where(span)).all()
    names = _practices(session, vault, {row[0] for row in rows})
    found: dict[str, Practice] = defaultdict(Practice)
    for physician_id, stage, visits_missed, received_at, *reached in rows:
        practice = found[names[physician_id]]
        practice.stages[stage] += 1
        practice.missed += visits_missed
        for name, at in zip(WAITS, reached, strict=True):
            if at:
                practice.waits[name].append((at - received_at).total_seconds() / 86400)
    return sorted(
        (_shown(name, one) for name, one in found.items()), key=lambda one: (-one["received"], one["practice"])
    )


WAITS = ("to_first_contact", "to_first_visit", "to_closure")


def _shown(name: str, practice: Practice) -> dict[str, Any]:
    return {
        "practice": name,
        "received": sum(practice.stages.values()),
        "by_stage": dict(sorted(practice.stages.items())),
        "visits_missed": practice.missed,
        "median_days": {wait: _median(practice.waits[wait]) for wait in WAITS},
    }


def _median(days: list[float]) -> float | None:
    return round(median(days), 2) if days else None


def _practices(session: Session, vault: Vault, ids: Iterable[Any]) -> dict[Any, str]:
    """A physician without a practice is one by themselves."""
    rows = session.scalars(select(Physician).where(Physician.id.in_(ids))).all()
    contacts = {row.id: vault.open(row.contact) for row in rows}
    return {id_: contact.get("practice") or contact["name"] for id_, contact in contacts.items()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "referral_id": str(row["referral_id"]), "patient_id": str(row["patient_id"])}
