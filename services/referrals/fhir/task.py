"""The FHIR R4 Task by which a physician's system follows its referral."""

from __future__ import annotations

from typing import Any

from services.chassis.vault import Vault
from services.referrals.fhir import vocabulary
from services.referrals.models import Referral
from services.referrals.stages import Stage, business_status

STATUS: dict[Stage, str] = {
    "received": "received",
    "accepted": "accepted",
    "declined": "rejected",
    "active": "in-progress",
    "completed": "completed",
    "withdrawn": "cancelled",
}


def task_of(referral: Referral, vault: Vault) -> dict[str, Any]:
    code, display = business_status(referral.status, referral.visits_kept)
    changed = referral.ended_at or referral.reviewed_at or referral.received_at
    return {
        "resourceType": "Task",
        "id": str(referral.id),
        "identifier": [{"system": vocabulary.REFERENCE, "value": referral.reference}],
        "status": STATUS[referral.status],
        "businessStatus": {"coding": [{"system": vocabulary.BUSINESS_STATUS, "code": code, "display": display}]},
        "intent": "order",
        "focus": _focus(referral, vault),
        "for": {"reference": f"Patient/{referral.patient_id}"},
        "authoredOn": referral.received_at.isoformat(),
        "lastModified": changed.isoformat(),
        "requester": {"reference": f"Practitioner/{referral.physician_id}"},
        "restriction": {"repetitions": referral.visits, "period": {"end": referral.valid_until.isoformat()}},
    }


def _focus(referral: Referral, vault: Vault) -> dict[str, Any]:
    """The ServiceRequest under our id, with the number its placer gave it."""
    focus: dict[str, Any] = {"reference": f"ServiceRequest/{referral.id}"}
    placer = vault.open(referral.clinical)["placer"]
    if placer:
        system = {"system": placer["system"]} if placer["system"] else {}
        focus["identifier"] = {**system, "value": placer["number"]}
    return focus
