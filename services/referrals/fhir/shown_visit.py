"""A visit as a FHIR R4 Appointment."""

from __future__ import annotations

from typing import Any

from services.contracts.booking import SessionStatus
from services.referrals.models import Referral, Visit

STATUS: dict[SessionStatus, tuple[str, str]] = {
    "booked": ("booked", "needs-action"),
    "confirmed": ("booked", "accepted"),
    "arrived": ("arrived", "accepted"),
    "completed": ("fulfilled", "accepted"),
    "cancelled": ("cancelled", "declined"),
    "missed": ("noshow", "needs-action"),
}
"""Ours → of the Appointment, and of the patient's participation."""


def appointment_of(visit: Visit, referral: Referral) -> dict[str, Any]:
    status, participation = STATUS[visit.status]
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    return {
        "resourceType": "Appointment",
        "id": str(visit.id),
        "meta": {"versionId": str(visit.version)},
        "status": status,
        "description": f"Visit {visit.number}",
        "start": visit.starts_at.isoformat(),
        "end": visit.ends_at.isoformat(),
        "minutesDuration": minutes,
        "basedOn": [{"reference": f"ServiceRequest/{visit.referral_id}"}],
        "participant": [
            {"actor": {"reference": f"Patient/{referral.patient_id}"}, "status": participation},
            *([{"actor": {"display": "The patient's home"}, "status": "accepted"}] if visit.home_visit else []),
        ],
    }
