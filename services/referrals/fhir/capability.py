"""FHIR R4's CapabilityStatement: what this interface can do."""

from __future__ import annotations

from typing import Any

from services.referrals.fhir.searching import PARAMETERS

RESOURCES: dict[str, tuple[str, ...]] = {
    "ServiceRequest": ("create", "read", "search-type"),
    "Task": ("read", "search-type"),
    "Patient": ("read",),
    "Practitioner": ("read",),
    "Appointment": ("read", "search-type"),
    "Communication": ("read", "search-type"),
    "DiagnosticReport": ("read", "search-type"),
}
"""Resource → interactions."""
TYPES = {
    "_id": "token",
    "identifier": "token",
    "based-on": "reference",
    "focus": "reference",
    "patient": "reference",
    "_lastUpdated": "date",
}
"""Parameter of a search → its type."""

DOCUMENTATION = (
    "Orders for series of massage visits. POST a Bundle (transaction, collection, message or document) with one"
    " ServiceRequest in focus to the base, and follow the Task of the same id; or create the ServiceRequest itself,"
    " with Patient and Practitioner contained. The same number of the placer makes one referral, however often it is"
    " sent. Searches take _count, and link to the next page."
)


def capability_statement(base: str) -> dict[str, Any]:
    """`base` is the address under which the interface is reached."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "software": {"name": "Fascia"},
        "implementation": {"description": "Referrals of a medical-massage practice", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "documentation": DOCUMENTATION,
                "security": {"description": "Authorization: Bearer <API token>; an office sees the orders it sent."},
                "resource": [_resource(kind) for kind in RESOURCES],
                "interaction": [{"code": "transaction"}],
                "operation": [_validate(), _operation("process-message", "MessageHeader-process-message")],
            }
        ],
        "messaging": [
            {
                "endpoint": [{"protocol": OVER_HTTP, "address": f"{base}/$process-message"}],
                "documentation": "Every event is taken; what it has in focus is the order.",
            }
        ],
    }


OVER_HTTP = {"system": "http://terminology.hl7.org/CodeSystem/message-transport", "code": "http"}


def _resource(kind: str) -> dict[str, Any]:
    interactions = RESOURCES[kind]
    shown: dict[str, Any] = {"type": kind, "interaction": [{"code": code} for code in interactions]}
    if "create" in interactions:
        shown |= {"conditionalCreate": True, "operation": [_validate()]}
    if kind in PARAMETERS:
        shown["searchParam"] = [{"name": name, "type": TYPES[name]} for name in PARAMETERS[kind]]
    return shown


def _validate() -> dict[str, str]:
    return _operation("validate", "Resource-validate")


def _operation(name: str, definition: str) -> dict[str, str]:
    return {"name": name, "definition": f"http://hl7.org/fhir/OperationDefinition/{definition}"}
