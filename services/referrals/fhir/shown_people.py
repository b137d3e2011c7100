"""Patient and physician as FHIR R4 resources."""

from __future__ import annotations

from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.models import Patient, Physician


def patient_of(patient: Patient, contact: dict[str, Any]) -> dict[str, Any]:
    spoken = {"coding": [{"system": "urn:ietf:bcp:47", "code": contact["language"]}]} if contact["language"] else None
    shown = {
        "resourceType": "Patient",
        "id": str(patient.id),
        "meta": {"versionId": str(patient.version)},
        "name": [{"use": "official", "text": contact["name"]}],
        "telecom": _telecom(contact, "phone", "email"),
        "birthDate": contact["born_on"],
        "communication": [{"language": spoken, "preferred": True}] if spoken else [],
    }
    return {name: value for name, value in shown.items() if value}


def practitioner_of(physician: Physician, contact: dict[str, Any]) -> dict[str, Any]:
    licence = {
        "type": {"coding": [{"system": vocabulary.IDENTIFIER_TYPE, "code": "LN"}]},
        "value": contact.get("licence"),
    }
    shown = {
        "resourceType": "Practitioner",
        "id": str(physician.id),
        "meta": {"versionId": str(physician.version)},
        "identifier": [
            {"system": vocabulary.NPI, "value": physician.npi},
            *([licence] if contact.get("licence") else []),
        ],
        "name": [{"use": "official", "text": contact["name"]}],
        "telecom": _telecom(contact, "phone", "fax", "email"),
        "extension": _practice(contact),
    }
    return {name: value for name, value in shown.items() if value}


def _practice(contact: dict[str, Any]) -> list[dict[str, Any]]:
    """A Practitioner of FHIR has no practice, only a PractitionerRole; ours has one, and it is said here."""
    return [{"url": vocabulary.PRACTICE, "valueString": contact["practice"]}] if contact.get("practice") else []


def _telecom(contact: dict[str, Any], *kinds: str) -> list[dict[str, str]]:
    return [{"system": kind, "value": contact[kind]} for kind in kinds if contact.get(kind)]
