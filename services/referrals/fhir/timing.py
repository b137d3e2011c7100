"""How many visits a ServiceRequest orders, how often, how long, and for how many weeks.

A range is read as what it allows: 6 to 10 visits are up to 10, and the other end is kept beside it. What cannot be
told from it (a length of 20 to 25 minutes, an `occurrence` without a count) is left out, to be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from services.chassis.fhir import Issue
from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Draft, Element
from services.referrals.intake import rules

Ends = tuple[Element, Element]
"""Of a range: the lower, which is empty where a single value was given, and the upper or the single one."""


def put_timing(draft: Draft, request: Element) -> None:
    repeat = repeat_of(request)
    lengths = _ends(repeat, "duration", "durationUnit", vocabulary.MINUTES)
    weeks = weeks_of(repeat)
    often, days = _frequency(request)
    spans = Draft()
    for name, ends in {"visits": _visits(request), "session_minutes": _if_offered(lengths)}.items():
        draft.put(name, ends[1])
        spans.put(f"{name}_from", ends[0])
    frequency = Draft()
    frequency.put("visits", often[1])
    frequency.put_or_ask("per_days", days[0] if days[0].value is not None else days[1])
    draft.put_draft("frequency", frequency, repeat.path)
    draft.put("duration_weeks", weeks[1])
    spans.put("frequency_from", often[0])
    spans.put("per_days_to", Element(days[1].value if days[0].value is not None else None, days[1].path))
    spans.put("duration_weeks_from", weeks[0])
    if spans.document:
        draft.put_draft("spans", spans, repeat.path)


def repeat_of(request: Element) -> Element:
    return request.child("occurrenceTiming").child("repeat")


def bounds_of(request: Element) -> Element:
    """The period within which the visits are to take place."""
    period = request.child("occurrencePeriod")
    return period if period.value is not None else repeat_of(request).child("boundsPeriod")


def contradictions(request: Element) -> Iterator[Issue]:
    """What is said twice, and differently; and what is said in a way that cannot be converted."""
    counted, ordered = _ends(repeat_of(request), "count"), _ordered(request)
    both = ordered[1].value is not None and counted[1].value is not None
    if both and [end.value for end in ordered] != [end.value for end in counted]:
        yield Issue("business-rule", "The count differs from the quantity.", counted[1].path)
    ratio, often = _ratio(request), _ends(repeat_of(request), "frequency")
    if ratio and often[1].value is not None:
        yield Issue("business-rule", "The frequency is given twice.", request.child("quantityRatio").path)
    quantity = request.child("quantityQuantity")
    if quantity.child("comparator").value not in (None, "<="):
        text = "Give a number of visits, or the most there may be."
        yield Issue("not-supported", text, quantity.child("comparator").path)
    yield from (_backwards(ends) for ends in _all_ends(request) if _is_backwards(ends))


def _all_ends(request: Element) -> Iterator[Ends]:
    repeat = repeat_of(request)
    yield from (_ends(repeat, name) for name in ("count", "frequency", "duration", "period"))
    yield _range(request.child("quantityRange"))
    yield weeks_of(repeat)


def _is_backwards(ends: Ends) -> bool:
    low, high = (end.value for end in ends)
    return bool(_is_number(low) and _is_number(high) and low > high)


def _backwards(ends: Ends) -> Issue:
    return Issue("value", "The upper end of a range is not below the lower.", ends[1].path)


def _visits(request: Element) -> Ends:
    ordered = _ordered(request)
    return ordered if ordered[1].value is not None else _ends(repeat_of(request), "count")


def _ordered(request: Element) -> Ends:
    """As the quantity says."""
    several = request.child("quantityRange")
    if several.value is not None:
        return _range(several)
    ratio = request.child("quantityRatio")
    if ratio.value is not None and _ratio(request) is None:
        return _single(ratio.child("numerator").child("value"))
    return _single(request.child("quantityQuantity").child("value"))


def _frequency(request: Element) -> tuple[Ends, Ends]:
    """Visits, in so many days."""
    repeat = repeat_of(request)
    if ratio := _ratio(request):
        return ratio
    return _ends(repeat, "frequency"), _ends(repeat, "period", "periodUnit", vocabulary.DAYS)


def _ratio(request: Element) -> tuple[Ends, Ends] | None:
    """A quantity such as 2 visits in 1 week, which is a frequency; None for another."""
    visits, time = (request.child("quantityRatio").child(name) for name in ("numerator", "denominator"))
    code = time.child("code").value
    if not isinstance(code, str) or code not in vocabulary.DAYS:
        return None
    days = _in_units(time.child("value"), time.child("code"), vocabulary.DAYS)
    return _single(visits.child("value")), _single(days)


def _if_offered(lengths: Ends) -> Ends:
    """The upper end of a range of lengths, if there are sessions of that length."""
    low, high = lengths
    asked = low.value is not None and high.value not in rules.SESSION_MINUTES
    return (Element(None, low.path), Element(None, high.path)) if asked else lengths


def weeks_of(repeat: Element) -> Ends:
    """For how many weeks the visits are meant."""
    low, high = (repeat.child("boundsRange").child(end) for end in ("low", "high"))
    ends = (Element(None, low.path), repeat.child("boundsDuration")) if high.value is None else (low, high)
    lower, upper = (_in_whole_weeks(each) for each in ends)
    return (lower, upper) if upper.value is not None else (Element(None, lower.path), upper)


def _in_whole_weeks(duration: Element) -> Element:
    """Nothing for another length of time, which is told in words (`besides`)."""
    weeks = _in_units(duration.child("value"), duration.child("code"), vocabulary.WEEKS)
    return weeks if isinstance(weeks.value, int) else Element(None, weeks.path)


def _range(element: Element) -> Ends:
    low, high = (element.child(end).child("value") for end in ("low", "high"))
    return (whole(low), whole(high)) if high.value is not None else (Element(None, low.path), high)


def _ends(
    repeat: Element, name: str, unit: str | None = None, units: Mapping[str, Fraction] = vocabulary.VISITS
) -> Ends:
    """`name` and its upper end, as FHIR's Timing has them; in our unit where they have one of their own."""
    own, most = repeat.child(name), repeat.child(f"{name}Max")
    if unit:
        own, most = (_in_units(each, repeat.child(unit), units) for each in (own, most))
    return (whole(own), whole(most)) if most.value is not None else _single(own)


def _single(element: Element) -> Ends:
    return Element(None, element.path), whole(element)


def whole(number: Element) -> Element:
    """8.0 is 8: FHIR's decimals may carry whole numbers."""
    value: Any = number.value
    return Element(int(value), number.path) if isinstance(value, float) and value.is_integer() else number


def _in_units(length: Element, unit: Element, units: Mapping[str, Fraction]) -> Element:
    """A length of time in our unit (minutes, days or weeks); no number when it cannot be converted."""
    if not _is_number(length.value):
        return length
    if not isinstance(unit.value, str) or unit.value not in units:
        return Element("?", unit.path)
    converted = Fraction(str(length.value)) * units[unit.value] if _is_finite(length.value) else length.value
    if not isinstance(converted, Fraction):
        return Element("?", length.path)
    return Element(int(converted) if converted.denominator == 1 else float(converted), length.path)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return bool(-1e9 < value < 1e9)
