"""What an order says besides what a referral has fields for: kept in words, as one of its instructions.

So that whoever reviews and treats reads it: a wish for Mondays, an order for when the pain comes, an urgent one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Element
from services.referrals.fhir.timing import bounds_of, repeat_of, weeks_of

BEGINS = "Also ordered: "
DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
TIMES_OF_DAY = {"MORN": "in the morning", "AFT": "in the afternoon", "EVE": "in the evening", "NIGHT": "at night"}
"""Of FHIR's EventTiming; the others are about meals and sleep, and are kept as their code."""


def besides(request: Element) -> Element:
    said = [words for words, _ in _said(request)]
    return Element(BEGINS + "; ".join(said) if said else None, request.path)


def told_in_words(request: Element) -> list[Element]:
    """The elements that end up there."""
    return [element for _, element in _said(request)]


def _said(request: Element) -> Iterator[tuple[str, Element]]:
    for tell in _TOLD:
        yield from ((words, element) for words, element in tell(request) if words)


def _priority(request: Element) -> Iterator[tuple[str, Element]]:
    priority = request.child("priority")
    if isinstance(priority.value, str) and priority.value != "routine":
        yield f"priority {priority.value}", priority


def _as_needed(request: Element) -> Iterator[tuple[str, Element]]:
    flag, reason = (request.child(f"asNeeded{kind}") for kind in ("Boolean", "CodeableConcept"))
    if flag.value is True:
        yield "as needed", flag
    if isinstance(words := reason.words().value, str):
        yield f"as needed: {words}", reason


def _days(request: Element) -> Iterator[tuple[str, Element]]:
    repeat = repeat_of(request)
    yield _listed("on", repeat.child("dayOfWeek"), DAYS), repeat.child("dayOfWeek")
    yield _listed("at", repeat.child("timeOfDay"), {}), repeat.child("timeOfDay")
    yield _listed("", repeat.child("when"), TIMES_OF_DAY), repeat.child("when")


def _dates(request: Element) -> Iterator[tuple[str, Element]]:
    """A beginning that is not simply the day on which it was written; single days."""
    start, written = bounds_of(request).child("start"), request.child("authoredOn").value
    if isinstance(start.value, str) and start.value[:10] != str(written)[:10]:
        yield f"not before {start.value[:10]}", start
    single, timing = request.child("occurrenceDateTime"), request.child("occurrenceTiming")
    if isinstance(single.value, str):
        yield f"for {single.value[:16].replace('T', ' ')}", single
    events = [each.value for each in timing.each("event") if isinstance(each.value, str)]
    if events:
        yield "for " + ", ".join(each[:16].replace("T", " ") for each in events), timing.child("event")
    if isinstance(words := timing.child("code").words().value, str):
        yield f"timing {words}", timing.child("code")


def _length(request: Element) -> Iterator[tuple[str, Element]]:
    """The length of the treatment, where it is not a number of weeks."""
    repeat = repeat_of(request)
    if weeks_of(repeat)[1].value is not None:
        return
    length, several = repeat.child("boundsDuration"), repeat.child("boundsRange")
    ends = [_spoken(several.child(end)) for end in ("low", "high")]
    if words := _spoken(length):
        yield f"in the course of {words}", length
    elif any(ends):
        yield f"in the course of {' to '.join(end for end in ends if end)}", several


def _spoken(quantity: Element) -> str:
    """`15 days`, by its unit as it is written, else by its code."""
    value = quantity.child("value").value
    units = [quantity.child(name).value for name in ("unit", "code")]
    unit = next((each for each in units if isinstance(each, str)), "")
    return f"{value:g} {unit}".strip() if isinstance(value, int | float) and abs(value) < FAR else ""


FAR = 1e9


def _details(request: Element) -> Iterator[tuple[str, Element]]:
    for each in request.each("orderDetail"):
        if not each.codes(vocabulary.TECHNIQUE) and isinstance(words := each.words().value, str):
            yield words, each
    performer = request.child("performerType")
    if isinstance(words := performer.words().value, str):
        yield f"to be done by: {words}", performer


_TOLD: tuple[Callable[[Element], Iterator[tuple[str, Element]]], ...] = (
    _priority,
    _as_needed,
    _days,
    _dates,
    _length,
    _details,
)


def _listed(before: str, element: Element, names: dict[str, str]) -> str:
    values: Any = element.value if isinstance(element.value, list) else []
    words = [names.get(each, each) for each in values if isinstance(each, str)]
    return f"{before} {', '.join(words)}".strip() if words else ""
