"""An absence is entered, or withdrawn. From its entry on nobody books into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.booking import reading
from services.booking.absences.hits import hit
from services.booking.models import Absence, Resource
from services.booking.telling import tell
from services.booking.visits.claiming import lock
from services.booking.visits.freeing import free_again
from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import Invalid, NotFound
from services.contracts.booking import DeskAsked

REASONS = ("vacation", "training", "unavailable", "maintenance", "other")
"""Codes only, so that nothing about anybody's health is written down."""
LONGEST = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """A therapist or a room, from one instant to another; of local dates the last one is included."""

    therapist: int | None = None
    room: int | None = None
    begins: datetime | date
    ends: datetime | date
    reason: str

    def during(self, zone: ZoneInfo) -> Range[datetime]:
        """Raises `Invalid`."""
        ends = self.ends if isinstance(self.ends, datetime) else self.ends + timedelta(1)
        begins, ends = _instant(self.begins, zone), _instant(ends, zone)
        if not timedelta() < ends - begins <= LONGEST:
            raise Invalid(to=["Give an end after the beginning, at most two years later."])
        return Range(begins, ends)


def enter(session: Session, outbox: Outbox, away: Away) -> Absence:
    """The absence; the desk is asked to look when it hits somebody. Entered again it is the one that stands.

    Raises `NoClinic`, `Invalid`.
    """
    practice = reading.practice(session)
    during = away.during(practice.zone)
    if during.upper is None or during.upper <= practice.now:
        raise Invalid(to=["Choose a time that is still to come."])
    resource = _resource(session, away)
    lock(session, [resource])
    if standing := session.scalar(_same(resource, during)):
        return standing
    absence = Absence(id=new_id(), resource_id=resource, during=during, reason=away.reason, entered_at=practice.now)
    session.add(absence)
    session.flush()
    audit.record(session, "absence_entered", "absence", absence.id, resource=resource, reason=away.reason)
    if hits := hit(session, absence, practice.now):
        asked = DeskAsked(version=1, task_id=absence.id, about="absence", asked_at=practice.now)
        tell(session, outbox, hits[0].series.order_id, practice.now, [asked])
    return absence


def withdraw(session: Session, absence_id: UUID, now: datetime) -> Absence:
    """It does not hold any more; what was moved because of it stays where it is, what was freed can be offered.

    Raises `NotFound`.
    """
    absence = found(session, absence_id)
    if absence.withdrawn_at is None:
        absence.withdrawn_at = now
        free_again(session, absence.resource_id, absence.during, ["filled", "given_up"], now)
        audit.record(session, "absence_withdrawn", "absence", absence.id)
    return absence


def found(session: Session, absence_id: UUID) -> Absence:
    """Raises `NotFound`."""
    absence = session.get(Absence, absence_id)
    if absence is None:
        raise NotFound(absence_id=str(absence_id))
    return absence


def _same(resource: int, during: Range[datetime]) -> Select[Absence]:
    same = Absence.resource_id == resource, Absence.during == during
    return select(Absence).where(*same, Absence.withdrawn_at.is_(None)).limit(1)


def _resource(session: Session, away: Away) -> int:
    kind, asked = ("room", away.room) if away.therapist is None else ("therapist", away.therapist)
    resource = session.scalar(select(Resource.id).where(Resource.id == asked, Resource.kind == kind))
    if resource is None:
        raise Invalid(**{kind: [f"Choose a {kind} of the clinic."]})
    return resource


def _instant(at: datetime | date, zone: ZoneInfo) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time(), zone)
