"""Referrals as they are shown."""

from __future__ import annotations

from typing import Any

from services.care.contraindications import Table
from services.chassis.vault import Vault
from services.referrals.gate import findings
from services.referrals.models import Patient, Referral
from services.referrals.stages import business_status


def listed(referral: Referral) -> dict[str, Any]:
    return {
        "id": str(referral.id),
        "reference": referral.reference,
        "status": referral.status,
        "received_at": referral.received_at.isoformat(),
        "patient_id": str(referral.patient_id),
        "physician_id": str(referral.physician_id),
        "valid_until": referral.valid_until.isoformat(),
        "visits": referral.visits,
        "visits_kept": referral.visits_kept,
    }


def named(patient: Patient, vault: Vault) -> dict[str, str]:
    return {"patient_id": str(patient.id), "name": vault.open(patient.contact)["name"]}


def detailed(referral: Referral, vault: Vault, table: Table) -> dict[str, Any]:
    """Everything, opened; the pressure ceiling is the strictest of physician, review and contraindications."""
    clinical = vault.open(referral.clinical)
    review = vault.open(referral.review) if referral.review else {}
    return {
        **listed(referral),
        "version": referral.version,
        "business_status": business_status(referral.status, referral.visits_kept)[0],
        "patient": vault.open(referral.patient.contact),
        "physician": {**vault.open(referral.physician.contact), "npi": referral.physician.npi},
        **clinical,
        "pressure_ceiling": findings(table, clinical, review).pressure_ceiling,
        "physician_pressure_ceiling": clinical["pressure_ceiling"],
        "frequency": {"visits": referral.frequency_visits, "per_days": referral.frequency_days},
        "session_minutes": referral.session_minutes,
        "techniques": referral.techniques,
        "home_visit": referral.home_visit,
        "updates": referral.updates,
        "issued_on": referral.issued_on.isoformat(),
        "start_by": referral.start_by.isoformat() if referral.start_by else None,
        "reviewed_at": referral.reviewed_at.isoformat() if referral.reviewed_at else None,
        "ended_at": referral.ended_at.isoformat() if referral.ended_at else None,
        "decline_reason": review.get("reason"),
    }
