"""FHIR R4's CapabilityStatement: what this interface can do."""

from __future__ import annotations

from typing import Any

RESOURCES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "ServiceRequest": (("create", "read", "search-type"), {"_id": "token", "identifier": "token"}),
    "Task": (
        ("read", "search-type"),
        {"_id": "token", "identifier": "token", "based-on": "reference", "focus": "reference"},
    ),
    "Patient": (("read",), {}),
    "Practitioner": (("read",), {}),
    "Appointment": (("read", "search-type"), {"based-on": "reference"}),
    "Communication": (("read", "search-type"), {"based-on": "reference"}),
    "DiagnosticReport": (("read", "search-type"), {"based-on": "reference"}),
}
"""Resource → interactions, and the parameters of its searches."""

DOCUMENTATION = (
    "Orders for series of massage visits. POST a Bundle (transaction, collection, message or document) with exactly"
    " one ServiceRequest to the base and follow the Task that comes back; or create the ServiceRequest itself, with"
    " Patient and Practitioner contained. The same number of the placer makes one referral, however often it is sent."
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
                "operation": [_validate("Resource")],
            }
        ],
    }


def _resource(kind: str) -> dict[str, Any]:
    interactions, parameters = RESOURCES[kind]
    shown: dict[str, Any] = {"type": kind, "interaction": [{"code": code} for code in interactions]}
    if "create" in interactions:
        shown |= {"conditionalCreate": True, "operation": [_validate("Resource")]}
    if parameters:
        shown["searchParam"] = [{"name": name, "type": sort} for name, sort in parameters.items()]
    return shown


def _validate(kind: str) -> dict[str, str]:
    return {"name": "validate", "definition": f"http://hl7.org/fhir/OperationDefinition/{kind}-validate"}
