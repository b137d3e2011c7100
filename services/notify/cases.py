"""What is known, as `schedule` wants it: cases, and how the people in them can be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from services.notify import schedule
from services.notify.models import (
    Block,
    Clinic,
    Contact,
    Offer,
    Referral,
    Renewal,
    Series,
    SeriesAct,
    Visit,
    VisitAct,
)
from services.notify.schedule import Case, Policy, Reach


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by referral."""

    series: dict[UUID, list[Series]]
    series_acts: dict[UUID, list[SeriesAct]]
    visits: dict[UUID, list[Visit]]
    visit_acts: dict[UUID, list[VisitAct]]
    offers: dict[UUID, list[Offer]]
    renewals: dict[UUID, list[Renewal]]


def policy(session: Session) -> tuple[Policy, datetime] | None:
    """The clinic's policy, and now; None until the clinic is known."""
    known = select(Clinic.timezone, Clinic.reminder_minutes, func.fascia_now()).limit(1)
    row = session.execute(known).one_or_none()
    return (Policy(ZoneInfo(row[0]), tuple(row[1])), row[2]) if row else None


def load(session: Session, referral_ids: list[UUID]) -> list[tuple[Case, UUID | None, UUID | None]]:
    """Each case with its patient and its physician, as far as they are known."""

    def of(model: Any, *order: Any) -> dict[UUID, list[Any]]:
        rows: Any = session.scalars(select(model).where(model.referral_id.in_(referral_ids)).order_by(*order))
        return _grouped(rows, "referral_id")

    referrals = {row.id: row for row in session.scalars(select(Referral).where(Referral.id.in_(referral_ids)))}
    known = Known(
        of(Series), of(SeriesAct, SeriesAct.version), of(Visit), of(VisitAct, VisitAct.version), of(Offer), of(Renewal)
    )
    return [_case(id_, referrals.get(id_), known) for id_ in referral_ids]


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


def _grouped(rows: Iterable[Any], name: str) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped


def _case(id_: UUID, referral: Referral | None, known: Known) -> tuple[Case, UUID | None, UUID | None]:
    told_by: list[Any] = [*([referral] if referral else []), *known.series[id_], *known.visits[id_], *known.offers[id_]]
    of_series = _grouped(known.series_acts[id_], "series_id")
    of_visits = _grouped(known.visit_acts[id_], "visit_id")
    case = Case(
        referral_id=id_,
        referral=_referral(referral) if referral else None,
        series=tuple(_series(series, of_series[series.id]) for series in known.series[id_]),
        visits=tuple(_visit(visit, of_visits[visit.id]) for visit in known.visits[id_]),
        offers=tuple(_offer(offer) for offer in known.offers[id_]),
        renewals=tuple(schedule.Renewal(one.order_id, one.advised_at) for one in known.renewals[id_]),
    )
    return case, told_by[0].patient_id if told_by else None, referral.physician_id if referral else None


def _referral(row: Referral) -> schedule.Referral:
    return schedule.Referral(row.updates, row.received_at, row.declined_at, row.ended_at)


def _series(row: Series, acts: list[SeriesAct]) -> schedule.Series:
    done = tuple(schedule.SeriesAct(act.at, act.visits) for act in acts)
    return schedule.Series(row.id, row.last_at, row.booked_at, row.completed_at, row.cancelled_at, done)


def _visit(row: Visit, acts: list[VisitAct]) -> schedule.Visit:
    done = tuple(schedule.VisitAct(a.what, a.starts_at, a.place, a.at, a.by, a.moved_from) for a in acts)
    asked_at = row.cancel_asked_at if row.cancel_asked_for == row.starts_at else None
    return schedule.Visit(
        row.id, row.series_id, row.status, row.starts_at, row.completed_at, row.number, _zone(row.timezone), done,
        asked_at,
    )  # fmt: skip


def _offer(row: Offer) -> schedule.Offer:
    return schedule.Offer(
        row.id, row.session_id, row.starts_at, row.answer_by, _zone(row.timezone), row.offered_at, row.ended_at,
        row.how, row.wanted, row.answered_at,
    )  # fmt: skip


def _zone(name: str | None) -> ZoneInfo | None:
    return ZoneInfo(name) if name else None
