"""A physician's permission, which FHIR R4 has no resource for: an extension of ours on the ServiceRequest.

Where it comes instead of an order, the ServiceRequest is a plan; where it advises against massage, one not to perform.
"""

from __future__ import annotations

from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Draft, Element

PERMITTED = "plan"
"""Intent of a ServiceRequest that nobody ordered: what is planned under a permission."""
PARTS = {
    "decision": ("decision", "valueCode"),
    "reason": ("reason", "valueString"),
    "pressure-ceiling": ("pressure_ceiling", "valueInteger"),
    "decided-on": ("decided_on", "valueDate"),
}
LISTS = {"sites": "sites", "conditions": "conditions"}


def permission_of(request: Element) -> Element:
    found = [each for each in request.each("extension") if each.child("url").value == vocabulary.PERMISSION]
    return next(iter(found), Element(None, f"{request.path}.extension"))


def decision_of(permission: Element) -> Element:
    return permission.extension("decision", "valueCode")


def put_permission(draft: Draft, request: Element) -> None:
    permission = permission_of(request)
    if permission.value is None:
        return
    said = Draft()
    for url, (name, kind) in PARTS.items():
        said.put(name, permission.extension(url, kind))
    for url, name in LISTS.items():
        parts = [each for each in permission.each("extension") if each.child("url").value == url]
        said.put_each(name, [each.child("valueString") for each in parts], permission.path)
    draft.put_draft("permission", said, permission.path)
    if request.child("intent").value == PERMITTED:
        draft.put("kind", Element("permission", f"{request.path}.intent"))


def permission_shown(permission: dict[str, Any] | None) -> list[dict[str, Any]]:
    if not permission:
        return []
    single = [(url, kind, permission.get(name)) for url, (name, kind) in PARTS.items()]
    several = [(url, "valueString", each) for url, name in LISTS.items() for each in permission.get(name) or ()]
    parts = [{"url": url, kind: value} for url, kind, value in [*single, *several] if value is not None]
    return [{"url": vocabulary.PERMISSION, "extension": parts}]
