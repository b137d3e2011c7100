"""What is known, as `schedule` wants it: cases, and how the people in them can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from services.notify import schedule
from services.notify.models import Block, Clinic, Contact, Referral, Series, Visit
from services.notify.schedule import Case, Policy, Reach


def policy(session: Session) -> tuple[Policy, datetime] | None:
    """The clinic's policy, and now; None until the clinic is known."""
    known = select(Clinic.timezone, Clinic.reminder_minutes, func.fascia_now()).limit(1)
    row = session.execute(known).one_or_none()
    return (Policy(ZoneInfo(row[0]), tuple(row[1])), row[2]) if row else None


def load(session: Session, referral_ids: list[UUID]) -> list[tuple[Case, UUID, UUID | None]]:
    """Each case with its patient and, once the referral itself is known, its physician."""
    referrals = {row.id: row for row in session.scalars(select(Referral).where(Referral.id.in_(referral_ids)))}
    series = _by_referral(session.scalars(select(Series).where(Series.referral_id.in_(referral_ids))))
    visits = _by_referral(session.scalars(select(Visit).where(Visit.referral_id.in_(referral_ids))))
    return [_case(id_, referrals.get(id_), series[id_], visits[id_]) for id_ in referral_ids]


def reach(session: Session, people: set[UUID]) -> dict[UUID, Reach]:
    """How those of them whose contact is known can be reached. Physicians are never texted."""
    rows = session.execute(
        select(
            Contact.id,
            (Contact.phone.is_not(None) & Contact.text_consent & ~_blocked(Contact.phone_hash, "text")),
            (Contact.email.is_not(None) & Contact.email_consent & ~_blocked(Contact.email_hash, "email")),
        ).where(Contact.id.in_(people))
    )
    return {row[0]: Reach(row[0], text=row[1], email=row[2]) for row in rows}


def _blocked(address_hash: Any, channel: str) -> Any:
    return exists().where(Block.address_hash == address_hash, Block.channel == channel)


def _by_referral(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.referral_id].append(row)
    return grouped


def _case(
    id_: UUID, referral: Referral | None, series: list[Series], visits: list[Visit]
) -> tuple[Case, UUID, UUID | None]:
    told_by: list[Any] = [*([referral] if referral else []), *series, *visits]
    case = Case(
        referral_id=id_,
        referral=schedule.Referral(referral.updates, referral.received_at, referral.declined_at) if referral else None,
        series=tuple(schedule.Series(s.id, s.last_at, s.booked_at, s.completed_at) for s in series),
        visits=tuple(schedule.Visit(v.id, v.series_id, v.status, v.starts_at, v.completed_at) for v in visits),
    )
    return case, told_by[0].patient_id, referral.physician_id if referral else None
