"""The therapist looks at the patient before a session: what speaks against it today."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.models import DayCheck, Series, Visit
from services.booking.refusals import SessionNotOpen, SessionNotToday
from services.booking.treatment import safety
from services.care.gate import Findings
from services.chassis import audit, context
from services.chassis.ids import new_id
from services.chassis.refusals import Invalid
from services.chassis.seal import Seal


def check_day(session: Session, seal: Seal, visit_id: UUID, findings: Sequence[str]) -> Findings:
    """What the gate says with everything that was found today; it is kept, also when it says stop.

    A further look the same day adds to the first, it takes nothing away.
    Raises `NotFound`, `SessionNotOpen`, `SessionNotToday`, `Invalid`.
    """
    if unknown := safety.table_of(session).unknown(findings):
        places = [place for place, code in enumerate(findings) if code in unknown]
        raise Invalid(findings={place: ["Give a code of the clinic's table of contraindications."] for place in places})
    series, visit = reading.series_of(session, visit_id)
    rules = reading.rules(session)
    zone = zone_of(series, rules.timezone)
    if not visit.is_to_come:
        raise SessionNotOpen(status=visit.status)
    if visit.starts_at.astimezone(zone).date() != rules.now.astimezone(zone).date():
        raise SessionNotToday(starts_at=visit.starts_at.isoformat())

    earlier = found_today(session, seal, visit, zone, rules.now)
    session.add(
        DayCheck(
            id=new_id(),
            session_id=visit.id,
            findings=seal.close(json.dumps(list(findings))),
            checked_at=rules.now,
            checked_by=context.actor.get().id,
        )
    )
    audit.record(session, "session_checked", "session", visit.id)
    return safety.findings(session, series.order, today=[*earlier, *findings])


def zone_of(series: Series, clinics: str) -> ZoneInfo:
    return ZoneInfo(series.location.timezone if series.location else clinics)


def found_today(session: Session, seal: Seal, visit: Visit, zone: ZoneInfo, now: datetime) -> list[str]:
    """Codes from every look at this visit on the local date of `now`."""
    looks = session.scalars(select(DayCheck).where(DayCheck.session_id == visit.id).order_by(DayCheck.id))
    today = now.astimezone(zone).date()
    found: list[str] = []
    for look in looks:
        if look.checked_at.astimezone(zone).date() == today:
            found += json.loads(seal.open(look.findings))
    return list(dict.fromkeys(found))
