"""Referrals as they are shown."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.care.contraindications import Table
from services.care.units import units
from services.chassis import identity
from services.chassis.vault import Vault
from services.referrals.course.coverage import left, spent, total_units
from services.referrals.course.stages import FOLLOWED, business_status
from services.referrals.events import terms_of
from services.referrals.models import Patient, Physician, Referral
from services.referrals.people.contact import NAMES
from services.referrals.people.lookup import counting
from services.referrals.review.gate import findings
from services.referrals.review.limits import limited, sites_left_out


def listed(referral: Referral) -> dict[str, Any]:
    return {
        "id": str(referral.id),
        "reference": referral.reference,
        "status": referral.status,
        "received_at": referral.received_at.isoformat(),
        "patient_id": str(referral.patient_id),
        "physician_id": str(referral.physician_id),
        "valid_until": _iso(referral.valid_until),
        "visits": referral.visits,
        "missing": referral.missing,
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
        "business_status": standing(referral)[0],
        "patient": known_patient(vault.open(_as_known(referral).contact)),
        "physician": physician(referral.physician, vault),
        "copy_to": [
            {"physician": physician(copy.physician, vault), "updates": copy.updates} for copy in referral.copies
        ],
        "renews": str(referral.renews_id) if referral.renews_id else None,
        "kind": "referral",
        **clinical,
        "pressure_ceiling": findings(table, clinical, review).pressure_ceiling,
        "physician_pressure_ceiling": clinical["pressure_ceiling"],
        "frequency": {"visits": referral.frequency_visits, "per_days": referral.frequency_days},
        "session_minutes": referral.session_minutes,
        "authorised": _authorised(referral, clinical, review),
        "techniques": referral.techniques,
        "home_visit": referral.home_visit,
        "updates": referral.updates,
        "issued_on": _iso(referral.issued_on),
        "start_by": _iso(referral.start_by),
        **{name: _iso(getattr(referral, name)) for name in _TIMES},
        "ended_because": referral.ended_because,
        "decline_reason": review.get("reason"),
    }


def _as_known(referral: Referral) -> Patient:
    """The record that counts; to a physician's office its own, for the other may hold what another office told."""
    return referral.patient if identity.outside() else counting(referral.patient)


def _authorised(referral: Referral, clinical: dict[str, Any], review: dict[str, Any]) -> dict[str, Any] | None:
    """What may be booked of it. None while something is missing."""
    often = referral.frequency_visits, referral.frequency_days
    if None in (referral.visits, referral.session_minutes, referral.issued_on, *often):
        return None
    terms = limited(terms_of(referral), review)
    rest = _left(referral, terms.visits) if referral.status in FOLLOWED else None
    return {
        "visits": terms.visits,
        "visits_left": rest,
        "frequency": {"visits": terms.cadence_visits, "per_days": terms.cadence_days},
        "session_minutes": terms.session_minutes,
        "units_per_visit": units(terms.session_minutes),
        "units_left": None if rest is None else total_units(rest, terms.session_minutes),
        "techniques": list(terms.techniques),
        "avoid": sites_left_out(clinical, review),
    }


def _left(referral: Referral, covered: int) -> int:
    return left(covered, spent((visit.status, visit.fate) for visit in referral.visits_told))


_TIMES = ("contacted_at", "reviewed_at", "first_visit_at", "completed_at", "cancel_asked_at", "ended_at")


def standing(referral: Referral) -> tuple[str, str]:
    """BSeR code and display."""
    asked = referral.cancel_asked_at is not None
    return business_status(referral.status, referral.visits_kept, referral.visit_news, cancel_asked=asked)


def known_patient(contact: dict[str, Any]) -> dict[str, Any]:
    return {name: contact.get(name) for name in NAMES}


def physician(row: Physician, vault: Vault) -> dict[str, Any]:
    return {**vault.open(row.contact), "npi": row.npi}


def _iso(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
