"""What stands beside a ServiceRequest and travels inside it: goals, cautions, coverage, consents, the signature."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.models import Referral, ReferralCopy


@dataclass
class Support:
    """The contained resources, and how the ServiceRequest refers to them."""

    requester: dict[str, Any]
    contained: list[dict[str, Any]] = field(default_factory=list)
    insurance: list[dict[str, str]] = field(default_factory=list)
    info: list[dict[str, str]] = field(default_factory=list)
    history: list[dict[str, str]] = field(default_factory=list)
    location: list[dict[str, str]] = field(default_factory=list)

    def put(self, place: list[dict[str, str]], name: str, kind: str, **content: Any) -> None:
        self.contained.append({"resourceType": kind, "id": name, **content})
        place.append({"reference": f"#{name}"})


def support_of(referral: Referral, clinical: dict[str, Any], contact: dict[str, Any]) -> Support:
    patient = {"reference": f"Patient/{referral.patient_id}"}
    physician = {"reference": f"Practitioner/{referral.physician_id}"}
    support = Support(requester=physician)
    for number, goal in enumerate(clinical["goals"], 1):
        words = {"text": goal}
        support.put(
            support.info, f"goal-{number}", "Goal", lifecycleStatus="active", description=words, subject=patient
        )
    for number, code in enumerate(_cautions(clinical), 1):
        support.put(support.info, f"caution-{number}", "Flag", status="active", code=code, subject=patient)
    for number, consent in enumerate(_consents(contact), 1):
        support.put(support.info, f"consent-{number}", "Consent", **consent, patient=patient)
    if payer := clinical.get("payer"):
        support.put(support.insurance, "coverage", "Coverage", **_coverage(payer), beneficiary=patient)
    if signed_on := clinical.get("signed_on"):
        support.put(support.history, "signature", "Provenance", **_signature(signed_on, physician))
    if position := clinical.get("home_position"):
        latitude, longitude = position
        place = {"latitude": latitude, "longitude": longitude}
        support.put(support.location, "home", "Location", position=place)
    support.contained += [_copy(number, copy, patient) for number, copy in enumerate(referral.copies, 1)]
    return support


def _copy(number: int, copy: ReferralCopy, patient: dict[str, str]) -> dict[str, Any]:
    category = {"coding": [{"system": vocabulary.COMMUNICATION_CATEGORY, "code": vocabulary.COPY}]}
    return {
        "resourceType": "CommunicationRequest",
        "id": f"copy-{number}",
        "extension": [{"url": vocabulary.UPDATE_FREQUENCY, "valueCode": copy.updates}],
        "status": "active",
        "category": [category],
        "subject": patient,
        "about": [{"reference": "#"}],
        "recipient": [{"reference": f"Practitioner/{copy.physician_id}"}],
    }


def _cautions(clinical: dict[str, Any]) -> list[dict[str, Any]]:
    coded = [
        {"coding": [{"system": vocabulary.CONTRAINDICATION, "code": code}]}
        for code in clinical.get("contraindications") or ()
    ]
    return [*coded, *({"text": words} for words in clinical["precautions"])]


def _consents(contact: dict[str, Any]) -> list[dict[str, Any]]:
    """One for what the patient agreed to, one for what they did not; of what is not known, none."""
    said = {channel: contact.get(f"{channel}_consent") for channel in ("text", "email")}
    kinds = {"permit": [name for name in said if said[name] is True], "deny": [n for n in said if said[n] is False]}
    return [
        {
            "status": "active",
            "scope": {"coding": [{"system": vocabulary.CONSENT_SCOPE, "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": vocabulary.CONSENT_CATEGORY, "code": "npp"}]}],
            "policyRule": {"text": "To be reached about visits"},
            "provision": {"type": kind, "code": [_channel(name) for name in names]},
        }
        for kind, names in kinds.items()
        if names
    ]


def _channel(name: str) -> dict[str, Any]:
    return {"coding": [{"system": vocabulary.CONTACT_CHANNEL, "code": name}]}


def _coverage(payer: dict[str, Any]) -> dict[str, Any]:
    kind = vocabulary.COVERAGE_TYPES.get(payer.get("claim_type") or "")
    system = vocabulary.SELF_PAY if kind == "pay" else vocabulary.ACT_CODE
    return {
        "status": "active",
        **({"type": {"coding": [{"system": system, "code": kind}]}} if kind else {}),
        **({"subscriberId": payer["member_number"]} if payer.get("member_number") else {}),
        "payor": [{"display": payer["name"]} if payer.get("name") else {"type": "Organization"}],
    }


def _signature(signed_on: str, physician: dict[str, str]) -> dict[str, Any]:
    """Only the day is known: midnight stands for it."""
    when = f"{signed_on}T00:00:00Z"
    author = {"system": vocabulary.SIGNATURE_TYPE, "code": "1.2.840.10065.1.12.1.1"}
    return {
        "target": [{"reference": "#"}],
        "recorded": when,
        "agent": [{"who": physician}],
        "signature": [{"type": [author], "when": when, "who": physician}],
    }
