"""What each event teaches us. Every act locks, remembers, and reconciles the messages that follow from it.

Events come late, twice and out of order: a snapshot counts only when it is newer than what is known, but a
fact that only one kind of event tells (when it was received, booked, completed) is kept whenever it comes, and
so is every act, under the version at which it was done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, null, or_, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.contracts import booking, referrals
from services.notify import desk
from services.notify.models import (
    Base,
    Clinic,
    Contact,
    Offer,
    Referral,
    Renewal,
    Replan,
    Series,
    SeriesAct,
    Visit,
    VisitAct,
)
from services.notify.people import agreement
from services.notify.people.addresses import AddressBook
from services.notify.people.records import records_of
from services.notify.planning.locks import lock_clinic, lock_people, lock_referral
from services.notify.planning.reconcile import reconcile


@dataclass(frozen=True, slots=True)
class Act:
    """What was done with a visit, when, and by whom."""

    what: str
    at: datetime | None = None
    by: str | None = None
    moved_from: datetime | None = None


def patient(session: Session, book: AddressBook, event: referrals.PatientContactChanged) -> None:
    lock_people(session, patients=frozenset({event.patient_id}))
    consents = {"text_consent": event.text_consent, "email_consent": event.email_consent}
    told = _picked(event, ("language", "consented_at", "timezone"))
    snapshot = {**_addresses(book, event), **consents, **told, "role": "patient"}
    _merge(session, Contact, event.patient_id, event.version, snapshot)
    agreement.told(session, event.patient_id, event.text_consent, event.email_consent, event.consented_at)
    reconcile(session, referrals_of(session, patient_id=event.patient_id), roles=("patient",))


def physician(session: Session, book: AddressBook, event: referrals.PhysicianContactChanged) -> None:
    lock_people(session, physicians=frozenset({event.physician_id}))
    sealed = {"fax": book.close(event.fax), "practice": book.close(event.practice)}
    consents = {"text_consent": False, "email_consent": True}
    told = {"role": "physician", "language": "en", "delivery": event.delivery}
    _merge(
        session, Contact, event.physician_id, event.version, {**_addresses(book, event), **sealed, **consents, **told}
    )
    # Of the other physicians of these referrals we hold no lock.
    mine = referrals_of(session, physician_id=event.physician_id)
    reconcile(session, mine, roles=("physician",), only=event.physician_id)


def clinic(session: Session, event: booking.ClinicChanged) -> None:
    """What was planned by the old policy is noted to be planned again (`replan`)."""
    lock_clinic(session)
    names = ("name", "timezone", "phone", "email", "address", "language")
    messages = {"messages": asdict(event.messages) if event.messages else null()}
    snapshot = _picked(event, names) | {"reminder_minutes": list(event.reminder_minutes)} | messages
    policy = select(Clinic.timezone, Clinic.reminder_minutes, Clinic.messages)
    before = session.execute(policy).first()
    _merge(session, Clinic, event.clinic_id, event.version, snapshot)
    if before != session.execute(policy).first():
        session.execute(insert(Replan).from_select(["referral_id"], _all_referrals()).on_conflict_do_nothing())


def referral(session: Session, event: referrals.ReferralEvent, **fact: Any) -> None:
    copied = [copy.physician_id for copy in event.copies]
    lock_referral(session, event.referral_id, event.patient_id, event.physician_id, *copied)
    names = ("reference", "patient_id", "physician_id", "updates", "sent_by")
    copies = [{"physician_id": str(copy.physician_id), "updates": copy.updates} for copy in event.copies]
    # Only the newest event says whether it is declined, or over: that can be taken back.
    ends = {name: getattr(event, name, None) for name in ("declined_at", "ended_at")}
    snapshot = {**_picked(event, names), "copies": copies, **ends}
    _merge(session, Referral, event.referral_id, event.version, snapshot, fact)
    reconcile(session, [event.referral_id])


def series(session: Session, event: booking.SeriesEvent, at: datetime, **fact: Any) -> None:
    lock_referral(session, event.referral_id, event.patient_id)
    names = ("referral_id", "patient_id", "visits", "completed", "first_at", "last_at")
    # Only what the newest event says holds: a completed series may be opened again.
    ends = {name: getattr(event, name, None) for name in ("completed_at", "cancelled_at")}
    _merge(session, Series, event.series_id, event.version, _picked(event, names) | ends, fact)
    done = event.completed if isinstance(event, booking.SeriesCompleted) else None
    act = _picked(event, ("series_id", "version", "referral_id", "visits"))
    _keep(session, SeriesAct, **act, at=at, completed=done)
    reconcile(session, [event.referral_id])


def visit(session: Session, event: booking.SessionEvent, act: Act | None = None, **fact: Any) -> None:
    lock_referral(session, event.referral_id, event.patient_id)
    names = (
        "series_id", "referral_id", "patient_id", "number", "status", "starts_at", "ends_at", "home_visit", "timezone",
    )  # fmt: skip
    snapshot = _picked(event, names) | {"of_visits": event.of}
    _merge(session, Visit, event.session_id, event.version, snapshot, fact)
    if act:
        place = {"place": "home" if event.home_visit else event.address, "visit_id": event.session_id}
        _keep(session, VisitAct, **_picked(event, ("version", "referral_id", "starts_at")), **place, **asdict(act))
        if act.what in ("moved", "cancelled"):
            desk.has_another_time(session, event.session_id, act.at)
    reconcile(session, [event.referral_id])


def offer(session: Session, event: booking.OfferEvent, **fact: Any) -> None:
    lock_referral(session, event.referral_id, event.patient_id)
    names = ("referral_id", "patient_id", "session_id", "starts_at", "timezone", "answer_by")
    _merge(session, Offer, event.offer_id, event.version, _picked(event, names), fact)
    reconcile(session, [event.referral_id], roles=("patient",))


def renewal(session: Session, event: booking.RenewalAdvised) -> None:
    lock_referral(session, event.referral_id, event.patient_id)
    _keep(session, Renewal, **_picked(event, ("order_id", "version", "reason", "referral_id", "advised_at")))
    reconcile(session, [event.referral_id], roles=("physician",))


def _picked(event: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(event, name) for name in names}


def _addresses(book: AddressBook, event: Any) -> dict[str, Any]:
    return {
        "name": book.close(event.name),
        "phone": book.close(event.phone),
        "phone_hash": book.hash(event.phone),
        "email": book.close(event.email),
        "email_hash": book.hash(event.email),
    }


def _merge(
    session: Session,
    model: type[Base],
    id_: UUID,
    version: int,
    snapshot: dict[str, Any],
    facts: dict[str, Any] | None = None,
) -> None:
    table: Any = model.__table__
    row = insert(table).values(id=id_, version=version, **snapshot, **(facts or {}))
    newer = row.excluded.version > table.c.version
    changes: dict[str, Any] = {name: case((newer, row.excluded[name]), else_=table.c[name]) for name in snapshot}
    changes |= {name: func.coalesce(table.c[name], row.excluded[name]) for name in facts or {}}
    changes["version"] = func.greatest(table.c.version, row.excluded.version)
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_=changes))


def _keep(session: Session, model: type[Base], **values: Any) -> None:
    session.execute(insert(model).values(**values).on_conflict_do_nothing())


def referrals_of(session: Session, patient_id: UUID | None = None, physician_id: UUID | None = None) -> list[UUID]:
    """The referrals of a person under all their records, also those known only by their series or offers so far."""
    if physician_id:
        copied = Referral.copies.contains([{"physician_id": str(physician_id)}])
        return list(session.scalars(select(Referral.id).where(or_(Referral.physician_id == physician_id, copied))))
    theirs = records_of(session, {patient_id} if patient_id else ())
    return list(session.scalars(union(*(select(id_).where(id_.class_.patient_id.in_(theirs)) for id_ in _IDS))))


def _all_referrals() -> Any:
    return union(*(select(id_) for id_ in _IDS))


_IDS = (Referral.id, Series.referral_id, Visit.referral_id, Offer.referral_id)
