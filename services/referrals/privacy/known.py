"""All that referrals knows of one person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.refusals import NotFound
from services.chassis.vault import Vault
from services.referrals.course import versions
from services.referrals.fhir.shown_order import service_request_of
from services.referrals.fhir.shown_people import patient_of
from services.referrals.fhir.shown_visit import appointment_of
from services.referrals.fhir.task import task_of
from services.referrals.models import Document, Patient, PatientMatch, Referral, Series, Visit
from services.referrals.people import view as people_view
from services.referrals.people.lookup import family, root
from services.referrals.view import detailed


def of(session: Session, vault: Vault, table: Table, patient_id: UUID) -> dict[str, Any]:
    """JSON, with a FHIR collection of the same in it. Raises `NotFound`."""
    records = _records(session, patient_id)
    ids = [record.id for record in records]
    referrals = list(session.scalars(select(Referral).where(Referral.patient_id.in_(ids)).order_by(Referral.id)))
    theirs = [referral.id for referral in referrals]
    visits = list(session.scalars(select(Visit).where(Visit.referral_id.in_(theirs)).order_by(Visit.starts_at)))
    documents = session.scalars(_documents(theirs)).all()
    return {
        "patient_ids": [str(id_) for id_ in ids],
        "person": people_view.patient(session, vault, records[0]),
        "records": [{"id": str(record.id), **vault.open(record.contact)} for record in records],
        "matches": [_match(row) for row in session.scalars(_matches(ids))],
        "referrals": [
            {**detailed(one, vault, table), "review": vault.open(one.review) if one.review else None,
             "versions": versions.history(session, vault, one)}
            for one in referrals
        ],
        "visits": [_plain(row) for row in visits],
        "documents": [_document(row) for row in documents],
        "fhir": _bundle(session, vault, records, referrals, visits),
        "audit": audit.told(session, [*ids, *theirs, *(row.id for row in documents)]),
    }  # fmt: skip


def document(session: Session, vault: Vault, patient_id: UUID, document_id: UUID) -> tuple[bytes, str]:
    """The bytes of one of their documents, and what they are. Raises `NotFound`."""
    ids = [record.id for record in _records(session, patient_id)]
    its = select(Document).join(Referral, Referral.id == Document.referral_id)
    row = session.scalar(its.where(Document.id == document_id, Referral.patient_id.in_(ids)))
    if row is None:
        raise NotFound
    return vault.seal.open_bytes(row.content), row.media_type


def _records(session: Session, patient_id: UUID) -> list[Patient]:
    patient = session.get(Patient, patient_id)
    if patient is None:
        raise NotFound
    return family(session, root(session, patient))


def _matches(ids: list[UUID]) -> Any:
    mine = or_(PatientMatch.patient_id.in_(ids), PatientMatch.other_id.in_(ids))
    return select(PatientMatch).where(mine).order_by(PatientMatch.id)


def _match(row: PatientMatch) -> dict[str, Any]:
    """Without the other person's id."""
    return {
        "raised_at": row.raised_at.isoformat(),
        "score": row.score,
        "reasons": row.reasons,
        "verdict": row.verdict,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
    }


def _documents(referral_ids: list[UUID]) -> Any:
    return select(Document).where(Document.referral_id.in_(referral_ids)).order_by(Document.id)


def _document(row: Document) -> dict[str, Any]:
    names = ("id", "referral_id", "media_type", "size", "sha256", "received_at", "received_from")
    return {name: _said(getattr(row, name)) for name in names}


def _plain(row: Any) -> dict[str, Any]:
    return {column.key: _said(getattr(row, column.key)) for column in type(row).__table__.columns}


def _said(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _bundle(
    session: Session, vault: Vault, records: list[Patient], referrals: list[Referral], visits: list[Visit]
) -> dict[str, Any]:
    series: dict[UUID, list[UUID]] = {}
    for row in session.scalars(select(Series).where(Series.referral_id.in_([one.id for one in referrals]))):
        series.setdefault(row.referral_id, []).append(row.id)
    by_id = {one.id: one for one in referrals}
    resources = [patient_of(record, vault.open(record.contact)) for record in records]
    for one in referrals:
        contact = vault.open(one.patient.contact)
        resources += [
            service_request_of(one, vault.open(one.clinical), contact),
            task_of(one, vault, series.get(one.id, ())),
        ]
    resources += [appointment_of(visit, by_id[visit.referral_id]) for visit in visits]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
