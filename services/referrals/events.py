"""The events of a referral, from the row that they tell of."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar

from services.care.contraindications import Table
from services.chassis.vault import Vault
from services.contracts.referrals import Care, OrderTerms, ReferralEvent
from services.referrals.gate import findings
from services.referrals.models import Referral

E = TypeVar("E", bound=ReferralEvent)


def of_referral(kind: type[E], referral: Referral, **more: Any) -> E:
    return kind(
        referral_id=referral.id,
        version=referral.version,
        reference=referral.reference,
        patient_id=referral.patient_id,
        physician_id=referral.physician_id,
        updates=referral.updates,
        **more,
    )


def authorised(referral: Referral, vault: Vault, table: Table) -> dict[str, Any]:
    """What booking may plan, for whom, and within which limits: the fields of accepted and amended."""
    clinical = vault.open(referral.clinical)
    found = findings(table, clinical, vault.open(referral.review) if referral.review else {})
    contact = vault.open(referral.patient.contact)
    latitude, longitude = clinical.get("home_position") or (None, None)
    care = Care(
        conditions=tuple(dict.fromkeys(code[:3] for code in clinical["diagnoses"])),
        contraindications=tuple(one.code for one in (*found.blocked, *found.constraints)),
        born_on=date.fromisoformat(contact["born_on"]),
        language=contact["language"],
        therapist_sex=clinical.get("therapist_sex"),
        latitude=latitude,
        longitude=longitude,
    )
    return {
        "terms": terms_of(referral),
        "pressure_ceiling": str(found.pressure_ceiling) if found.pressure_ceiling else None,
        "care": json.dumps(asdict(care), default=date.isoformat),
    }


def terms_of(referral: Referral) -> OrderTerms:
    """What booking may plan."""
    return OrderTerms(
        visits=referral.visits,
        cadence_visits=referral.frequency_visits,
        cadence_days=referral.frequency_days,
        session_minutes=referral.session_minutes,
        issued_on=referral.issued_on,
        start_by=referral.start_by,
        valid_until=referral.valid_until,
        techniques=tuple(referral.techniques),
        home_visit=referral.home_visit,
    )
