"""What a Bundle has to keep to, by its type.

Source: HL7 FHIR R4, Bundle (bdl-3, bdl-7, bdl-11, bdl-12) and transactions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.chassis.fhir import FhirRefused, Issue
from services.referrals.fhir.elements import Element

TYPES = ("transaction", "collection", "message", "document")
FIRST = {"message": "MessageHeader", "document": "Composition"}
METHODS = ("POST", "PUT")
MOST = 1000
"""Entries: what an order takes along are some dozen."""


def entries_of(bundle: Element) -> list[tuple[Element, str | None]]:
    """Each resource of a Bundle with its fullUrl. Raises `FhirRefused` for a Bundle that could not hold an order."""
    if bundle.child("type").value not in TYPES:
        raise FhirRefused(422, [Issue("not-supported", f"Send a Bundle of type {', '.join(TYPES)}.", "Bundle.type")])
    entries = bundle.each("entry")
    if len(entries) > MOST:
        raise FhirRefused(422, [Issue("too-costly", f"At most {MOST} entries.", "Bundle.entry")])
    found = []
    for entry in entries:
        resource, full_url = entry.child("resource"), entry.child("fullUrl").value
        if isinstance(resource.value, dict):
            found.append((resource, full_url if isinstance(full_url, str) else None))
    return found


def broken_rules(bundle: Element, resources: Sequence[Element]) -> Iterator[Issue]:
    kind = bundle.child("type").value
    first = FIRST.get(kind)
    if first and (not resources or resources[0].child("resourceType").value != first):
        yield Issue("invariant", f"A {kind} begins with its {first}.", "Bundle.entry[0].resource")
    if kind == "transaction":
        for entry in bundle.each("entry"):
            yield from _not_to_be_done(entry)


def _not_to_be_done(entry: Element) -> Iterator[Issue]:
    """An order is created; nothing of ours is read, replaced or deleted by a transaction."""
    request, kind = entry.child("request"), entry.child("resource").child("resourceType").value
    method = request.child("method")
    if request.value is None:
        yield Issue("invariant", "In a transaction every entry says its request.", request.path)
    elif method.value not in METHODS or (method.value == "PUT" and kind == "ServiceRequest"):
        yield Issue("not-supported", "In a transaction an order is sent by POST.", method.path)
    elif _kind_of(request.child("url").value) != kind:
        yield Issue("invalid", "This is not the address of such a resource.", request.child("url").path)


def _kind_of(url: Any) -> str | None:
    return url.partition("?")[0].strip("/").split("/")[0] if isinstance(url, str) else None
