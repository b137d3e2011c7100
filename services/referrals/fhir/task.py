"""The FHIR R4 Task by which a physician's system follows its referral."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.chassis.vault import Vault
from services.referrals.course.stages import Stage, business_status
from services.referrals.fhir import vocabulary
from services.referrals.fhir.asked import ASKED, ELEMENTS
from services.referrals.fhir.shown_order import identifiers_of
from services.referrals.models import Referral

STATUS: dict[Stage, str] = {
    "received": "received",
    "needs_information": "on-hold",
    "in_review": "received",
    "accepted": "accepted",
    "declined": "rejected",
    "active": "in-progress",
    "completed": "completed",
    "expired": "cancelled",
    "withdrawn": "cancelled",
    "closed": "cancelled",
}


def task_of(referral: Referral, vault: Vault, series: Sequence[UUID] = ()) -> dict[str, Any]:
    asked = referral.cancel_asked_at is not None
    review = vault.open(referral.review) if referral.review else {}
    code, display = business_status(referral.status, referral.visits_kept, referral.visit_news, cancel_asked=asked)
    task = {
        "resourceType": "Task",
        "id": str(referral.id),
        "meta": {"versionId": str(referral.version), "lastUpdated": referral.changed_at.isoformat()},
        "identifier": identifiers_of(referral, vault.open(referral.clinical)["placer"])[::-1],
        "basedOn": [{"reference": f"ServiceRequest/{referral.id}"}],
        "status": _status(referral),
        "statusReason": _reason(referral, review),
        "businessStatus": {"coding": [{"system": vocabulary.BUSINESS_STATUS, "code": code, "display": display}]},
        "intent": "order",
        "focus": _focus(referral, vault),
        "for": {"reference": f"Patient/{referral.patient_id}"},
        "authoredOn": referral.received_at.isoformat(),
        "lastModified": referral.changed_at.isoformat(),
        "requester": {"reference": f"Practitioner/{referral.physician_id}"},
        "note": [{"text": f"Please tell: {ASKED.get(name, name)}."} for name in referral.missing],
        "restriction": _restriction(referral, review),
        "output": [_report(series_id) for series_id in series],
    }
    return {name: value for name, value in task.items() if value not in (None, [], {})}


def _status(referral: Referral) -> str:
    """An order that was closed after visits took place was fulfilled as far as it was."""
    kept = referral.status == "closed" and referral.visits_kept
    return "completed" if kept else STATUS[referral.status]


def _reason(referral: Referral, review: dict[str, Any]) -> dict[str, Any]:
    if referral.missing:
        codes = [
            {"system": vocabulary.MISSING, "code": name, "display": ELEMENTS.get(name, name)}
            for name in referral.missing
        ]
        return {"coding": codes, "text": "Information is missing."}
    reason = review.get("reason") if referral.status == "declined" else None
    return {"text": reason} if reason else {}


def _restriction(referral: Referral, review: dict[str, Any]) -> dict[str, Any]:
    """The budget of visits, which the review may have made smaller, and until when."""
    limits = [most for most in (referral.visits, review.get("visits")) if most]
    budget: dict[str, Any] = {"repetitions": min(limits)} if limits else {}
    return {**budget, "period": {"end": referral.valid_until.isoformat()}} if referral.valid_until else budget


def _report(series_id: UUID) -> dict[str, Any]:
    return {"type": {"text": "Report"}, "valueReference": {"reference": f"DiagnosticReport/{series_id}"}}


def _focus(referral: Referral, vault: Vault) -> dict[str, Any]:
    """The ServiceRequest under our id, with the number its placer gave it."""
    focus: dict[str, Any] = {"reference": f"ServiceRequest/{referral.id}"}
    placer = vault.open(referral.clinical)["placer"]
    if placer:
        system = {"system": placer["system"]} if placer["system"] else {}
        focus["identifier"] = {**system, "value": placer["number"]}
    return focus
