"""Patients and physicians as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.models import (
    Patient,
    PatientMatch,
    Physician,
    PhysicianAccount,
    PhysicianProposal,
    Referral,
)
from services.referrals.people.contact import joined
from services.referrals.people.lookup import family
from services.referrals.view import known_patient


def patient(session: Session, vault: Vault, row: Patient) -> dict[str, Any]:
    """One person with every record of theirs; a merged record says into which."""
    records = family(session, row)
    ids = [record.id for record in records]
    contact = joined([vault.open(record.contact) for record in records])
    referrals = session.scalars(select(Referral.id).where(Referral.patient_id.in_(ids)).order_by(Referral.id))
    return {
        **brief(row, contact),
        "consents": contact["consents"],
        "version": row.version,
        "counts_for": [str(id_) for id_ in ids[1:]],
        "merged_into": str(row.merged_into) if row.merged_into else None,
        "referral_ids": [str(id_) for id_ in referrals],
    }


def brief(row: Patient, contact: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(row.id), "contact": known_patient(contact)}


def matches(session: Session, vault: Vault, rows: Sequence[PatientMatch]) -> list[dict[str, Any]]:
    ids = {id_ for row in rows for id_ in (row.patient_id, row.other_id)}
    people = {each.id: each for each in session.scalars(select(Patient).where(Patient.id.in_(ids)))} if ids else {}
    shown = {id_: brief(each, vault.open(each.contact)) for id_, each in people.items()}
    return [
        {
            "id": str(row.id),
            "verdict": row.verdict,
            "score": row.score,
            "reasons": row.reasons,
            "referral_id": str(row.referral_id) if row.referral_id else None,
            "raised_at": row.raised_at.isoformat(),
            "decided_at": row.decided_at.isoformat() if row.decided_at else None,
            "newer": shown[row.patient_id],
            "known": shown[row.other_id],
        }
        for row in rows
    ]


def physician(session: Session, vault: Vault, row: Physician) -> dict[str, Any]:
    its = select(PhysicianAccount.account).where(PhysicianAccount.physician_id == row.id)
    return {**_physician(vault, row), "accounts": sorted(session.scalars(its))}


def _physician(vault: Vault, row: Physician) -> dict[str, Any]:
    return {"id": str(row.id), "npi": row.npi, "contact": vault.open(row.contact), "version": row.version}


def proposals(session: Session, vault: Vault, rows: Sequence[PhysicianProposal]) -> list[dict[str, Any]]:
    known = select(Physician).where(Physician.id.in_({row.physician_id for row in rows}))
    physicians = {each.id: each for each in session.scalars(known)} if rows else {}
    return [
        {
            "id": str(row.id),
            "decision": row.decision,
            "physician": _physician(vault, physicians[row.physician_id]),
            "proposed": vault.open(row.contact),
            "referral_id": str(row.referral_id),
            "proposed_at": row.proposed_at.isoformat(),
            "proposed_by": row.proposed_by,
            "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        }
        for row in rows
    ]
