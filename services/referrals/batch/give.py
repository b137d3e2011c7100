"""Everything that is kept, row by row: JSON Lines of referrals, or NDJSON of FHIR resources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from services.care.contraindications import Table
from services.chassis import audit
from services.chassis.vault import Vault
from services.referrals.fhir.shown_order import service_request_of
from services.referrals.fhir.shown_people import patient_of, practitioner_of
from services.referrals.fhir.task import task_of
from services.referrals.models import Patient, Physician, Referral, ReferralCopy, Series
from services.referrals.view import detailed

Format = Literal["jsonl", "ndjson"]
AT_ONCE = 200
"""Rows that are in memory."""


def note(session: Session, form: Format) -> None:
    """In a transaction before the snapshot's: who looks at everything is known even when they break off."""
    audit.record(session, "everything_exported", "referrals", "all", format=form)


def lines(session: Session, vault: Vault, table: Table, form: Format) -> Iterator[str]:
    """In one snapshot of the database when the transaction is one (REPEATABLE READ)."""
    for document in _referrals(session, vault, table) if form == "jsonl" else _resources(session, vault):
        yield json.dumps(document, separators=(",", ":"))


def _referrals(session: Session, vault: Vault, table: Table) -> Iterator[dict[str, Any]]:
    for referral in _each(session, Referral):
        yield detailed(referral, vault, table)


def _resources(session: Session, vault: Vault) -> Iterator[dict[str, Any]]:
    for patient in _each(session, Patient):
        yield patient_of(patient, vault.open(patient.contact))
    for physician in _each(session, Physician):
        yield practitioner_of(physician, vault.open(physician.contact))
    for referral in _each(session, Referral):
        clinical, contact = vault.open(referral.clinical), vault.open(referral.patient.contact)
        yield service_request_of(referral, clinical, contact)
        its = select(Series.id).where(Series.referral_id == referral.id).order_by(Series.id)
        yield task_of(referral, vault, session.scalars(its).all())


def _each(session: Session, kind: type[Any]) -> Iterator[Any]:
    """Through a cursor that stays at the server; what was given is forgotten."""
    query = select(kind).order_by(kind.id).execution_options(yield_per=AT_ONCE)
    if kind is Referral:
        copies = selectinload(Referral.copies).selectinload(ReferralCopy.physician)
        people = selectinload(Referral.patient), selectinload(Referral.physician), copies
        query = query.options(*people, selectinload(Referral.visits_told))
    pages: Iterable[Sequence[Any]] = session.scalars(query).partitions()
    for page in pages:
        yield from page
        for one in page:
            session.expunge(one)
