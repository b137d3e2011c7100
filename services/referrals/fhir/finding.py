"""The referrals that a FHIR search is about: of the caller's own, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.chassis import audit, identity
from services.chassis.refusals import NotFound
from services.referrals import office
from services.referrals.fhir import vocabulary
from services.referrals.fhir.parameters import Asked, Span, refuse, span_of, uuid_of
from services.referrals.models import Physician, PlacerNumber, Referral
from services.referrals.whose import own


@dataclass(frozen=True)
class Page:
    found: Sequence[Referral]
    total: int
    more: bool


def by_identifier(session: Session, said: str) -> Referral:
    """The caller's own, by its placer's number or by ours: `system|value`; the newest. Raises `NotFound`."""
    query = select(Referral).where(own(), _numbered(session, said)).order_by(Referral.id.desc()).limit(1)
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def page(session: Session, asked: Asked) -> Page:
    """The newest first; each that is found is noted as read."""
    narrowed = [own(), *_narrowed(session, asked)]
    query = select(Referral).where(*narrowed).order_by(Referral.id.desc()).limit(asked.count + 1)
    if asked.before:
        query = query.where(Referral.id < asked.before)
    together = joinedload(Referral.patient), joinedload(Referral.physician), selectinload(Referral.copies)
    found = session.scalars(query.options(*together)).all() if asked.count else []
    whole = asked.count and not asked.before and len(found) <= asked.count
    total = len(found) if whole else session.scalar(select(func.count()).where(*narrowed)) or 0
    shown = found[: asked.count]
    audit.record_all(session, "referral_read", "referral", [one.id for one in shown])
    return Page(shown, total, len(found) > asked.count)


def _narrowed(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    return [_any(_NARROWED[name](session, value) for value in values) for name, values in asked.narrowing]


def _any(conditions: Any) -> ColumnElement[bool]:
    either: ColumnElement[bool] = false()
    for one in conditions:
        either = either | one
    return either


def _ordered(session: Session, value: str) -> ColumnElement[bool]:
    its_id = uuid_of(value, "ServiceRequest")
    return Referral.id == its_id if its_id else false()


def _known_as(session: Session, value: str) -> ColumnElement[bool]:
    its_id = uuid_of(value)
    return Referral.id == its_id if its_id else false()


def _of_patient(session: Session, value: str) -> ColumnElement[bool]:
    its_id = uuid_of(value, "Patient")
    return Referral.patient_id == its_id if its_id else false()


def _numbered(session: Session, said: str) -> ColumnElement[bool]:
    system, bar, number = said.replace("\x00", "").rpartition("|")
    if not bar:
        refuse("identifier", "Say whose number it is: system|number.")
    if system == vocabulary.REFERENCE:
        return Referral.reference == number
    keys = [office.vault().hash("placer", whose, number) for whose in ([system] if system else _physicians(session))]
    return Referral.id.in_(select(PlacerNumber.referral_id).where(PlacerNumber.key.in_(keys)))


def _physicians(session: Session) -> list[str]:
    """A number without a system is its physician's: here one of those for whom the office sent before."""
    if not identity.outside():
        refuse("identifier", "Say whose number it is: system|number.")
    known = select(Physician.npi).where(Physician.id.in_(select(Referral.physician_id).where(own())))
    return [f"npi:{npi}" for npi in session.scalars(known)]


def _changed(session: Session, value: str) -> ColumnElement[bool]:
    compare, span = span_of(value, ZoneInfo(office.settings().timezone))
    return _COMPARED[compare](span)


_COMPARED: dict[str, Callable[[Span], ColumnElement[bool]]] = {
    "eq": lambda span: Referral.changed_at.between(*span),
    "ne": lambda span: ~Referral.changed_at.between(*span),
    "gt": lambda span: Referral.changed_at >= span[1],
    "sa": lambda span: Referral.changed_at >= span[1],
    "ge": lambda span: Referral.changed_at >= span[0],
    "lt": lambda span: Referral.changed_at < span[0],
    "eb": lambda span: Referral.changed_at < span[0],
    "le": lambda span: Referral.changed_at < span[1],
}

_NARROWED: dict[str, Callable[[Session, str], ColumnElement[bool]]] = {
    "_id": _known_as,
    "based-on": _ordered,
    "focus": _ordered,
    "identifier": _numbered,
    "patient": _of_patient,
    "_lastUpdated": _changed,
}
