"""What an order may carry that Fascia does not read: told by `$validate`, so that nobody relies on it."""

from __future__ import annotations

from services.chassis.fhir import Issue
from services.referrals.fhir.besides import told_in_words
from services.referrals.fhir.elements import Element
from services.referrals.fhir.timing import repeat_of

READ = frozenset(
    [
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "contained",
        "extension",
        "identifier",
        "replaces",
        "status",
        "intent",
        "priority",
        "doNotPerform",
        "code",
        "orderDetail",
        "quantityQuantity",
        "quantityRange",
        "quantityRatio",
        "subject",
        "occurrenceTiming",
        "occurrencePeriod",
        "authoredOn",
        "requester",
        "locationCode",
        "locationReference",
        "reasonCode",
        "reasonReference",
        "insurance",
        "supportingInfo",
        "bodySite",
        "note",
        "patientInstruction",
        "relevantHistory",
        "performerType",
        "asNeededBoolean",
        "asNeededCodeableConcept",
        "occurrenceDateTime",
    ]
)
"""Elements of a ServiceRequest that are read, or that say nothing about what to do."""
READ_OF_REPEAT = frozenset(
    [
        "boundsDuration",
        "boundsRange",
        "boundsPeriod",
        "count",
        "countMax",
        "duration",
        "durationMax",
        "durationUnit",
        "frequency",
        "frequencyMax",
        "period",
        "periodMax",
        "periodUnit",
        "dayOfWeek",
        "timeOfDay",
        "when",
    ]
)
"""Elements of its Timing that are read."""


def unread(request: Element) -> list[Issue]:
    timing = request.child("occurrenceTiming")
    in_words = "This is kept in words, as an instruction."
    return [
        *(Issue("informational", in_words, each.path, "information") for each in told_in_words(request)),
        *_beyond(request, READ),
        *_beyond(timing, frozenset({"repeat", "event", "code"})),
        *_beyond(repeat_of(request), READ_OF_REPEAT),
    ]


def _beyond(element: Element, read: frozenset[str]) -> list[Issue]:
    names = element.value if isinstance(element.value, dict) else ()
    return [
        Issue("not-supported", "This is not read; say it in a note.", element.child(name).path, "information")
        for name in names
        if name not in read and not name.startswith("_")
    ]
