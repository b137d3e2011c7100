"""From a FHIR message to the same intake document that the JSON door takes."""

from __future__ import annotations

from collections.abc import Callable

from services.chassis.fhir import Issue
from services.referrals.fhir.copies import put_copies
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.order import put_order, refusals
from services.referrals.fhir.people import home_of, is_identified, named_only, patient_draft, physician_draft
from services.referrals.fhir.reading import Message
from services.referrals.fhir.standing import in_the_way
from services.referrals.fhir.which import order_of


def draft_of(message: Message, faults: list[Issue]) -> tuple[Draft, Element, list[Issue]]:
    """The intake document, the ServiceRequest it was read from, and what stands in the way of taking it.

    `faults` are what is known to be wrong already. Raises `FhirRefused` when it is not clear which
    ServiceRequest is meant.
    """
    request = order_of(message, faults)
    issues = [*faults, *refusals(request), *in_the_way(message, request)]
    draft = Draft()
    _put_person(draft, "patient", message, request.child("subject"), issues)
    _put_person(draft, "physician", message, request.child("requester"), issues)
    put_order(draft, message, request)
    issues += put_copies(draft, message, request)
    draft.put("home_position", home_of(message, request))
    return draft, request, issues


PEOPLE: dict[str, tuple[tuple[str, ...], Callable[[Message, Element], Draft]]] = {
    "patient": (("Patient",), patient_draft),
    "physician": (("Practitioner", "PractitionerRole"), physician_draft),
}
"""Field → what kinds of resource tell about this person, and how they are read."""


def _put_person(draft: Draft, name: str, message: Message, reference: Element, issues: list[Issue]) -> None:
    """Read the person that a reference points to, who must have come along."""
    kinds, read = PEOPLE[name]
    found = message.resolve(reference)
    if found and found.child("resourceType").value in kinds:
        draft.put_draft(name, read(message, found), found.path)
        return
    if name == "physician" and found is None and is_identified(reference):
        draft.put_draft(name, named_only(reference), reference.path)
        return
    code = "not-found" if found is None and reference.child("reference").value is not None else "required"
    issues.append(Issue(code, f"Send the {' or '.join(kinds)} along and refer to it here.", reference.path))
    draft.put_draft(name, Draft(), reference.path)
