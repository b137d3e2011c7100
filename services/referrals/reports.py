"""How the practice does with its referrals: what is open, who did not come, how each practice is answered."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, case, func, select, text
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.course.stages import WATCHED
from services.referrals.models import Physician, Referral, Visit

AGES = ((3, "under_3_days"), (8, "under_8_days"), (15, "under_15_days"), (31, "under_31_days"))
OLDER = "older"
MOST = 200
"""Referrals of which a report tells one by one."""


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
    """Visits of a span that were missed: in all, and by referral, the most first, of `MOST` referrals."""
    missed = func.count().filter(Visit.status == "missed").label("missed")
    forfeited = func.count().filter(Visit.status == "missed", Visit.fate == "forfeited").label("forfeited")
    kept = func.count().filter(Visit.status == "completed").label("kept")
    span = Visit.starts_at >= since, Visit.starts_at < until, Visit.status.in_(("missed", "completed"))
    totals = session.execute(select(missed, forfeited, kept).where(*span)).mappings().one()
    worst = (
        select(Visit.referral_id, missed, forfeited, kept)
        .where(*span)
        .group_by(Visit.referral_id)
        .having(missed > 0)
        .order_by(missed.desc(), Visit.referral_id)
        .limit(MOST)
        .subquery()
    )
    each = select(worst, Referral.reference, Referral.patient_id).join(Referral, Referral.id == worst.c.referral_id)
    rows = session.execute(each.order_by(worst.c.missed.desc(), worst.c.referral_id)).mappings()
    due = totals["missed"] + totals["kept"]
    return {
        **totals,
        "rate": round(totals["missed"] / due, 3) if due else None,
        "referrals": [_plain(row) for row in rows],
    }


def by_practice(session: Session, vault: Vault, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Referrals received in a span, by the practice that sent them, the most first; medians in days."""
    span = {"since": since, "until": until}
    names = _practices(session, vault, session.scalars(_SENDERS, span).all())
    practices = sorted(set(names.values()))
    places = {name: place for place, name in enumerate(practices)}
    sent = {**span, "ids": list(names), "places": [places[name] for name in names.values()]}
    stages: dict[int, dict[str, int]] = defaultdict(dict)
    for row in session.execute(_STAGES, sent).mappings():
        stages[row["place"]][row["status"]] = row["count"]
    rows = session.execute(_WAITS, sent).mappings()
    found = [_shown(practices[row["place"]], stages[row["place"]], row) for row in rows]
    return sorted(found, key=lambda one: (-one["received"], one["practice"]))


_SENDERS = text("SELECT DISTINCT physician_id FROM referrals WHERE received_at >= :since AND received_at < :until")

_SENT = """
    WITH practices AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS int[])) AS _ (physician_id, place)),
    sent AS (
        SELECT place, id, status, received_at, contacted_at, first_visit_at,
               coalesce(completed_at, ended_at, CASE WHEN status = 'declined' THEN reviewed_at END) AS over_at
        FROM referrals JOIN practices USING (physician_id)
        WHERE received_at >= :since AND received_at < :until
    )
"""
_STAGES = text(_SENT + "SELECT place, status, count(*) FROM sent GROUP BY place, status")
# A step that was not reached is NULL, which percentile_cont leaves out.
_WAITS = text(
    _SENT
    + """
    , missed AS (
        SELECT place, count(*) AS visits FROM sent JOIN visits ON visits.referral_id = sent.id
        WHERE visits.status = 'missed' GROUP BY place
    )
    SELECT place, coalesce(min(missed.visits), 0) AS visits_missed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM contacted_at - received_at)) AS contact,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_visit_at - received_at)) AS visit,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM over_at - received_at)) AS closure
    FROM sent LEFT JOIN missed USING (place) GROUP BY place
    """
)


def _shown(practice: str, stages: dict[str, int], row: RowMapping) -> dict[str, Any]:
    waits = {"to_first_contact": row["contact"], "to_first_visit": row["visit"], "to_closure": row["closure"]}
    return {
        "practice": practice,
        "received": sum(stages.values()),
        "by_stage": dict(sorted(stages.items())),
        "visits_missed": row["visits_missed"],
        "median_days": {name: _days(seconds) for name, seconds in waits.items()},
    }


def _days(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 86400, 2)


def _practices(session: Session, vault: Vault, ids: Any) -> dict[UUID, str]:
    """A physician without a practice is one by themselves."""
    rows = session.scalars(select(Physician).where(Physician.id.in_(ids))).all()
    contacts = {row.id: vault.open(row.contact) for row in rows}
    return {id_: contact.get("practice") or contact["name"] for id_, contact in contacts.items()}


def _plain(row: RowMapping) -> dict[str, Any]:
    return {**row, "referral_id": str(row["referral_id"]), "patient_id": str(row["patient_id"])}
