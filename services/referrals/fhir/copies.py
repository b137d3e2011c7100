"""Further physicians who hear of the order: CommunicationRequests to copy reports to them.

R4 has no element of ServiceRequest for it; this is how HL7 Australia's eRequesting says it.
"""

from __future__ import annotations

from services.chassis.fhir import Issue
from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.people import is_identified, named_only, physician_draft
from services.referrals.fhir.reading import Message
from services.referrals.fhir.standing import is_same

USUALLY = "end"
"""How often a physician hears who gets a copy of the reports, and of whom nothing else is said."""


def put_copies(draft: Draft, message: Message, request: Element) -> list[Issue]:
    """What stands in the way: somebody who did not come along."""
    copies, issues = [], []
    for wish in _wishes(message, request):
        for recipient in wish.each("recipient"):
            found = message.resolve(recipient)
            if found is None and not is_identified(recipient):
                text = "Send the Practitioner or PractitionerRole along and refer to it here."
                issues.append(Issue("not-found", text, recipient.path))
            elif found is None or found.child("resourceType").value in ("Practitioner", "PractitionerRole"):
                physician = physician_draft(message, found) if found else named_only(recipient)
                copies.append((_copy(wish, physician, recipient), recipient.path))
    if copies:
        draft.put_drafts("copy_to", copies)
    return issues


def _wishes(message: Message, request: Element) -> list[Element]:
    return [
        each
        for each in message.of_kind("CommunicationRequest")
        if each.child("status").value == "active"
        and any(vocabulary.COPY in _codes(kind) for kind in each.each("category"))
        and any(is_same(message.resolve(one), request) for name in ("basedOn", "about") for one in each.each(name))
    ]


def _codes(category: Element) -> list[object]:
    return [code.value for code in category.codes(vocabulary.COMMUNICATION_CATEGORY)]


def _copy(wish: Element, physician: Draft, recipient: Element) -> Draft:
    copy = Draft()
    copy.put_draft("physician", physician, recipient.path)
    often = wish.extension(vocabulary.UPDATE_FREQUENCY, "valueCode")
    copy.put("updates", often if often.value is not None else Element(USUALLY, often.path))
    return copy
