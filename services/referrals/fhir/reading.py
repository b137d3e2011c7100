"""From bytes to the resources of a message, each checked against FHIR R4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from services.chassis.fhir import FhirRefused, Issue
from services.referrals.fhir.elements import Element
from services.referrals.fhir.structure import faults

BUNDLE_TYPES = ("transaction", "collection", "message", "document")
_OUTERMOST = re.compile(r"Bundle\.entry\[\d+\]\.resource|\w+")


@dataclass(frozen=True)
class Message:
    """The resources of one request, found by how the others refer to them."""

    resources: tuple[Element, ...]
    by_reference: dict[str, Element]

    def resolve(self, reference: Element) -> Element | None:
        """The resource that a Reference points to, when it came along."""
        named = reference.child("reference").value
        if not isinstance(named, str):
            return None
        return self.by_reference.get(_scoped(named, reference) if named.startswith("#") else named)

    def of_kind(self, kind: str) -> list[Element]:
        return [each for each in self.resources if each.child("resourceType").value == kind]


def read_message(document: Any) -> tuple[Message, list[Issue]]:
    """The resources in a Bundle or in a single ServiceRequest, and what is wrong with their structure.

    Raises `FhirRefused` when there is nothing that could be read further.
    """
    kind = document.get("resourceType") if isinstance(document, dict) else None
    if not isinstance(kind, str):
        raise FhirRefused(400, [Issue("structure", "This is not a FHIR resource: it has no resourceType.")])
    if kind not in ("Bundle", "ServiceRequest"):
        raise FhirRefused(422, [Issue("not-supported", "Send a Bundle or a ServiceRequest.", "resourceType")])
    root = Element(document, kind)
    named = _entries(root) if kind == "Bundle" else [(root, [])]
    named += [pair for resource, _ in named for pair in _contained(resource)]
    issues = [issue for resource in _shells(root, named) for issue in faults(resource)]
    by_reference = {name: resource for resource, names in named for name in names}
    return Message(tuple(resource for resource, _ in named), by_reference), issues


def _entries(bundle: Element) -> list[tuple[Element, list[str]]]:
    """Each resource of a Bundle with the names that references may give it."""
    if bundle.child("type").value not in BUNDLE_TYPES:
        kinds = ", ".join(BUNDLE_TYPES)
        raise FhirRefused(422, [Issue("not-supported", f"Send a Bundle of type {kinds}.", "Bundle.type")])
    found = []
    for entry in bundle.each("entry"):
        resource = entry.child("resource")
        names = [entry.child("fullUrl").value, _relative(resource)]
        if isinstance(resource.value, dict):
            found.append((resource, [name for name in names if isinstance(name, str)]))
    return found


def _relative(resource: Element) -> str | None:
    kind, its_id = resource.child("resourceType").value, resource.child("id").value
    return f"{kind}/{its_id}" if its_id else None


def _contained(resource: Element) -> list[tuple[Element, list[str]]]:
    return [
        (inner, [_scoped(f"#{inner.child('id').value}", inner)])
        for inner in resource.each("contained")
        if isinstance(inner.value, dict)
    ]


def _scoped(name: str, element: Element) -> str:
    """What is contained has its name only inside the resource that contains it."""
    outermost = _OUTERMOST.match(element.path)
    assert outermost
    return outermost[0] + name


def _shells(root: Element, named: list[tuple[Element, list[str]]]) -> list[Element]:
    """Every resource without those inside it, so that each is checked once and by its own type."""
    shells = [Element(_without(resource.value, "contained"), resource.path) for resource, _ in named]
    if root.value["resourceType"] != "Bundle":
        return shells
    entries = root.value.get("entry")
    if isinstance(entries, list):
        entries = [_without(entry, "resource") if isinstance(entry, dict) else entry for entry in entries]
    return [Element({**root.value, "entry": entries}, root.path), *shells]


def _without(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Leaves what is not as it should be in its place, for the check to find."""
    inner = content.get(name)
    parts = inner if isinstance(inner, list) else [inner]
    if not all(isinstance(part, dict) for part in parts):
        return content
    return {key: value for key, value in content.items() if key != name}
