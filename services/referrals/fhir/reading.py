"""From a document to the resources of a message, each checked against FHIR R4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.chassis.fhir import FhirRefused, Issue
from services.referrals.fhir import bundles
from services.referrals.fhir.elements import Element
from services.referrals.fhir.references import References
from services.referrals.fhir.structure import faults


@dataclass(frozen=True)
class Message:
    """The resources of one request, found by how the others refer to them."""

    root: Element
    entries: tuple[Element, ...]
    """The resources that stand by themselves, in their order."""
    contained: tuple[Element, ...]
    references: References = field(default_factory=References)

    def resolve(self, reference: Element) -> Element | None:
        """The resource that a Reference points to, when it came along."""
        return self.references.resolve(reference)

    def of_kind(self, kind: str) -> list[Element]:
        every = (*self.entries, *self.contained)
        return [each for each in every if each.child("resourceType").value == kind]


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
    entries = bundles.entries_of(root) if kind == "Bundle" else [(root, None)]
    contained = [inner for resource, _ in entries for inner in _contained(resource)]
    message = Message(root, tuple(resource for resource, _ in entries), tuple(contained))
    names = message.references
    taken = [issue for resource, full_url in entries for issue in names.add(resource, full_url)]
    taken += [issue for resource in contained for issue in names.add_contained(resource)]
    shape = [issue for resource in _shells(message) for issue in faults(resource)]
    rules = list(bundles.broken_rules(root, message.entries)) if kind == "Bundle" else []
    return message, [*shape, *taken, *rules]


def _contained(resource: Element) -> list[Element]:
    return [inner for inner in resource.each("contained") if isinstance(inner.value, dict)]


def _shells(message: Message) -> list[Element]:
    """Every resource without those inside it, so that each is checked once and by its own type."""
    every = (*message.entries, *message.contained)
    shells = [Element(_without(resource.value, "contained"), resource.path) for resource in every]
    root = message.root
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
