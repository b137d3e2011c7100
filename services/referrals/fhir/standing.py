"""Whether what is sent along holds: of this patient, in force, not entered in error."""

from __future__ import annotations

from collections.abc import Iterator

from services.chassis.fhir import Issue
from services.referrals.fhir.elements import Element
from services.referrals.fhir.reading import Message

LINKS = ("reasonReference", "supportingInfo", "insurance")
"""Elements of a ServiceRequest that refer to what is of its patient."""
IN_FORCE = {
    "Coverage": ("status", ("active",)),
    "Flag": ("status", ("active",)),
    "Goal": ("lifecycleStatus", ("proposed", "planned", "accepted", "active", "on-hold")),
}
"""Kind → which element says whether it holds, and the values that say that it does."""
OPEN_TASKS = ("requested", "received", "accepted", "ready")


def linked(message: Message, request: Element, *names: str) -> list[Element]:
    """What the request refers to, as far as it holds."""
    return [each for each in _all_linked(message, request, *names) if in_force(each)]


def in_force(resource: Element) -> bool:
    kind = resource.child("resourceType").value
    name, values = IN_FORCE.get(kind, ("", ())) if isinstance(kind, str) else ("", ())
    return not name or resource.child(name).value in (None, *values)


def left_out(message: Message, request: Element) -> list[Issue]:
    """What the request refers to and does not hold."""
    found = [each for each in _all_linked(message, request, *LINKS) if not in_force(each)]
    names = [IN_FORCE[each.child("resourceType").value][0] for each in found]
    text = "This is not in force, and is left out."
    return [
        Issue("informational", text, each.child(name).path, "information")
        for each, name in zip(found, names, strict=True)
    ]


def in_the_way(message: Message, request: Element) -> Iterator[Issue]:
    """What must not be taken from, and what makes the order void."""
    patient = message.resolve(request.child("subject"))
    if patient:
        yield from _gone(patient)
    for each in _all_linked(message, request, *LINKS):
        yield from _of_somebody_else(message, each, patient)
        yield from _in_error(each)
    for task in message.of_kind("Task"):
        if is_same(message.resolve(task.child("focus")), request):
            yield from _over(task)


def is_same(one: Element | None, other: Element | None) -> bool:
    return one is not None and other is not None and one.path == other.path


def _gone(patient: Element) -> Iterator[Issue]:
    said = [patient.child(f"deceased{kind}") for kind in ("Boolean", "DateTime")]
    text = "This patient is recorded as deceased."
    yield from (Issue("business-rule", text, each.path) for each in said if each.value not in (None, False))
    if patient.child("active").value is False:
        text = "This record of the patient is no longer in use."
        yield Issue("business-rule", text, patient.child("active").path)


def _of_somebody_else(message: Message, resource: Element, patient: Element | None) -> Iterator[Issue]:
    for name in ("subject", "beneficiary", "patient"):
        whose = message.resolve(resource.child(name))
        if whose and patient and not is_same(whose, patient):
            yield Issue("business-rule", "This is of another patient than the order.", resource.child(name).path)


def _in_error(resource: Element) -> Iterator[Issue]:
    text = "This is recorded as refuted, or as entered in error."
    for name in ("status", "lifecycleStatus"):
        if resource.child(name).value == "entered-in-error":
            yield Issue("business-rule", text, resource.child(name).path)
    verified = resource.child("verificationStatus")
    if any(code.child("code").value in ("refuted", "entered-in-error") for code in verified.each("coding")):
        yield Issue("business-rule", text, verified.path)


def _over(task: Element) -> Iterator[Issue]:
    if task.child("status").value not in (None, *OPEN_TASKS):
        yield Issue("business-rule", "This Task does not ask to carry the order out.", task.child("status").path)


def _all_linked(message: Message, request: Element, *names: str) -> list[Element]:
    return [found for name in names for each in request.each(name) if (found := message.resolve(each))]
