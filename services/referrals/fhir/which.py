"""Which ServiceRequest of a message is the order: it may bring others that this one replaces or belongs to."""

from __future__ import annotations

from services.chassis.fhir import FhirRefused, Issue
from services.referrals.fhir.elements import Element
from services.referrals.fhir.reading import Message
from services.referrals.fhir.standing import is_same


def order_of(message: Message, faults: list[Issue]) -> Element:
    """The one in focus, or the only one. Raises `FhirRefused` with the `faults` when that is not clear."""
    requests = [each for each in message.entries if each.child("resourceType").value == "ServiceRequest"]
    for found in (_in_focus(message), requests, _last(message, requests)):
        if len(found) == 1:
            return found[0]
    where = "Bundle.entry" if message.root.value["resourceType"] == "Bundle" else "ServiceRequest"
    raise FhirRefused(422, [*faults, Issue("required", "Send exactly one ServiceRequest.", where)])


def _in_focus(message: Message) -> list[Element]:
    """Of the MessageHeader or a Task; a Task may stand between."""
    headers = message.entries[0].each("focus") if message.entries else []
    found = [message.resolve(focus) for focus in headers] or [*message.of_kind("Task")]
    behind = [message.resolve(each.child("focus")) if _is(each, "Task") else each for each in found if each]
    orders = {each.path: each for each in behind if each and _is(each, "ServiceRequest")}
    return [*orders.values()]


def _last(message: Message, requests: list[Element]) -> list[Element]:
    """Those that no other is based on, or replaces."""
    references = [each for one in requests for name in ("replaces", "basedOn") for each in one.each(name)]
    earlier = [message.resolve(each) for each in references]
    return [one for one in requests if not any(is_same(one, each) for each in earlier)]


def _is(element: Element, kind: str) -> bool:
    return bool(element.child("resourceType").value == kind)
