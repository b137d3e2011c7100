"""A referral as a FHIR R4 ServiceRequest: what was ordered, in the elements by which `order` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.referrals.course.stages import Stage
from services.referrals.fhir import vocabulary
from services.referrals.fhir.permitting import PERMITTED, permission_shown
from services.referrals.fhir.shown_support import Support, support_of
from services.referrals.fhir.shown_timing import quantity_of, timing_of
from services.referrals.models import Referral

CARRIED_OUT: tuple[Stage, ...] = ("completed",)
NO_MORE: tuple[Stage, ...] = ("declined", "expired", "withdrawn", "closed")


def service_request_of(referral: Referral, clinical: dict[str, Any], contact: dict[str, Any]) -> dict[str, Any]:
    """`clinical` and the patient's `contact` are opened."""
    support = support_of(referral, clinical, contact)
    shown = {
        "resourceType": "ServiceRequest",
        "id": str(referral.id),
        "meta": {"versionId": str(referral.version), "lastUpdated": referral.changed_at.isoformat()},
        "contained": support.contained,
        "extension": [*_extensions(referral, clinical), *permission_shown(clinical.get("permission"))],
        "identifier": identifiers_of(referral, clinical["placer"]),
        "replaces": [reference("ServiceRequest", referral.renews_id)] if referral.renews_id else [],
        "status": _status(referral.status),
        "intent": PERMITTED if clinical.get("kind") == "permission" else "order",
        "doNotPerform": True if (clinical.get("permission") or {}).get("decision") == "not_advised" else None,
        "code": _ordered(clinical.get("service"), referral.techniques),
        "orderDetail": [coded(vocabulary.TECHNIQUE, code) for code in referral.techniques],
        **quantity_of(referral, clinical),
        "subject": reference("Patient", referral.patient_id),
        "occurrenceTiming": timing_of(referral, clinical),
        "authoredOn": referral.issued_on.isoformat() if referral.issued_on else None,
        "locationCode": [coded(vocabulary.ROLE_CODE, vocabulary.PATIENTS_HOME)] if referral.home_visit else [],
        **_referred_to(support),
        "reasonCode": [
            *(coded(vocabulary.ICD_10_CM, code) for code in clinical.get("diagnoses") or ()),
            *({"text": words} for words in clinical.get("reasons") or ()),
        ],
        "bodySite": [{"text": area} for area in clinical["areas"]],
        "note": [{"text": words} for words in clinical["instructions"]],
        "patientInstruction": clinical.get("patient_instruction"),
    }
    return {name: value for name, value in shown.items() if value not in (None, [], {})}


def _referred_to(support: Support) -> dict[str, Any]:
    return {
        "requester": support.requester,
        "locationReference": support.location,
        "insurance": support.insurance,
        "supportingInfo": support.info,
        "relevantHistory": support.history,
    }


def reference(kind: str, its_id: Any) -> dict[str, str]:
    return {"reference": f"{kind}/{its_id}"}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _ordered(words: str | None, techniques: Sequence[str]) -> dict[str, Any]:
    """Details stand beside a code (prr-1), also beside one that is not known."""
    unknown = {"extension": [{"url": vocabulary.ABSENT, "valueCode": "unknown"}]}
    return {"text": words} if words else unknown if techniques else {}


def _status(stage: Stage) -> str:
    return "completed" if stage in CARRIED_OUT else "revoked" if stage in NO_MORE else "active"


def identifiers_of(referral: Referral, placer: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The placer's number, and ours."""
    ours = {
        "type": coded(vocabulary.IDENTIFIER_TYPE, "FILL"),
        "system": vocabulary.REFERENCE,
        "value": referral.reference,
    }
    if not placer:
        return [ours]
    system = {"system": placer["system"]} if placer["system"] else {}
    return [{"type": coded(vocabulary.IDENTIFIER_TYPE, "PLAC"), **system, "value": placer["number"]}, ours]


def _extensions(referral: Referral, clinical: dict[str, Any]) -> list[dict[str, Any]]:
    said = [
        (vocabulary.UPDATE_FREQUENCY, "valueCode", referral.updates),
        (vocabulary.PRESSURE_CEILING, "valueInteger", clinical["pressure_ceiling"]),
        (vocabulary.MEDICALLY_NECESSARY, "valueBoolean", clinical["medically_necessary"]),
        (vocabulary.THERAPIST_SEX, "valueCode", clinical.get("therapist_sex")),
        (vocabulary.START_BY, "valueDate", referral.start_by and referral.start_by.isoformat()),
    ]
    if referral.valid_until and clinical.get("duration_weeks"):
        said.append((vocabulary.VALID_UNTIL, "valueDate", referral.valid_until.isoformat()))
    return [{"url": url, kind: value} for url, kind, value in said if value is not None]
