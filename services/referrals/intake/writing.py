"""What an intake becomes in the row of its referral, and what of it can be read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.chassis.vault import Vault
from services.referrals.intake.reading import primitives
from services.referrals.intake.schemas import PatientSchema
from services.referrals.models import Referral

CLINICAL = (
    "kind",
    "permission",
    "replaces",
    "placer",
    "diagnoses",
    "reasons",
    "service",
    "goals",
    "areas",
    "precautions",
    "instructions",
    "patient_instruction",
    "contraindications",
    "home_position",
    "therapist_sex",
    "duration_weeks",
    "spans",
    "pressure_ceiling",
    "medically_necessary",
    "payer",
    "signed_on",
)
"""The fields of an intake that are kept sealed."""

TERMS = (
    "issued_on",
    "start_by",
    "valid_until",
    "visits",
    "session_minutes",
    "techniques",
    "home_visit",
    "updates",
)


def put(referral: Referral, vault: Vault, intake: dict[str, Any], missing: Sequence[str]) -> None:
    """`intake` is what `intake.read` or `intake.read_open` gave."""
    said = primitives(intake)
    for name in TERMS:
        setattr(referral, name, intake[name])
    referral.frequency_visits = intake["frequency"]["visits"]
    referral.frequency_days = intake["frequency"]["per_days"]
    referral.clinical = vault.close({name: said[name] for name in CLINICAL if name in said})
    referral.missing = list(missing)


def document(referral: Referral, vault: Vault) -> dict[str, Any]:
    """The order as it would be sent, without who else hears of it and what it continues."""
    contact = vault.open(referral.patient.contact)
    terms = {name: getattr(referral, name) for name in TERMS}
    return {
        **vault.open(referral.clinical),
        **{name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in terms.items()},
        "frequency": {"visits": referral.frequency_visits, "per_days": referral.frequency_days},
        "patient": {name: contact[name] for name in PatientSchema().fields if name in contact},
        "physician": {**vault.open(referral.physician.contact), "npi": referral.physician.npi},
    }
