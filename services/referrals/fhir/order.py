"""What a ServiceRequest orders: how often, how long, for what, and under which cautions."""

from __future__ import annotations

from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.outcome import Issue
from services.referrals.fhir.reading import Message

INTENTS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def refusals(request: Element) -> list[Issue]:
    """What makes a ServiceRequest something else than an order to be carried out."""
    found = []
    if request.child("status").value not in (None, "active"):
        found.append(Issue("business-rule", "Only an active request can be taken.", f"{request.path}.status"))
    if request.child("intent").value not in (None, *INTENTS):
        found.append(Issue("business-rule", "Only an order can be taken.", f"{request.path}.intent"))
    if request.child("doNotPerform").value not in (None, False):
        found.append(Issue("business-rule", "This asks not to perform.", f"{request.path}.doNotPerform"))
    quantity, count = request.child("quantityQuantity").child("value"), _repeat(request).child("count")
    if None not in (quantity.value, count.value) and quantity.value != count.value:
        found.append(Issue("business-rule", "The count differs from the quantity.", count.path))
    return found


def put_order(draft: Draft, message: Message, request: Element) -> None:
    _put_placer(draft, request)
    _put_timing(draft, request)
    _put_clinical(draft, message, request)
    _put_administrative(draft, message, request)


def _put_placer(draft: Draft, request: Element) -> None:
    """The identifier typed PLAC, else the first."""
    identifiers = request.each("identifier")
    placed = (
        each
        for each in identifiers
        if "PLAC" in (code.value for code in each.child("type").codes(vocabulary.IDENTIFIER_TYPE))
    )
    chosen = next(placed, identifiers[0] if identifiers else None)
    if chosen:
        placer = Draft()
        placer.put("number", chosen.child("value"))
        placer.put("system", chosen.child("system"))
        draft.put_draft("placer", placer, chosen.path)


def _put_timing(draft: Draft, request: Element) -> None:
    repeat = _repeat(request)
    quantity = _whole(request.child("quantityQuantity").child("value"))
    draft.put("visits", quantity if quantity.value is not None else _whole(repeat.child("count")))
    draft.put("session_minutes", _in_units(repeat, "duration", "durationUnit", vocabulary.MINUTES))
    draft.put_draft("frequency", _frequency(repeat), repeat.path)
    weeks = repeat.child("boundsDuration")
    if weeks.child("code").value == "wk":
        draft.put("duration_weeks", _whole(weeks.child("value")))
    draft.put("issued_on", _day(request.child("authoredOn")))
    draft.put("valid_until", _day(repeat.child("boundsPeriod").child("end")))
    draft.put("start_by", request.extension(vocabulary.START_BY, "valueDate"))


def _repeat(request: Element) -> Element:
    return request.child("occurrenceTiming").child("repeat")


def _frequency(repeat: Element) -> Draft:
    frequency = Draft()
    frequency.put("visits", _whole(repeat.child("frequency")))
    frequency.put("per_days", _in_units(repeat, "period", "periodUnit", vocabulary.DAYS))
    return frequency


def _put_clinical(draft: Draft, message: Message, request: Element) -> None:
    draft.put_each("diagnoses", _diagnoses(message, request), f"{request.path}.reasonCode")
    sites = [each.words() for each in request.each("bodySite")]
    draft.put_each("areas", sites, f"{request.path}.bodySite")
    notes = [each.child("text") for each in request.each("note")]
    draft.put_each("instructions", notes, f"{request.path}.note")
    details = request.each("orderDetail")
    techniques = [code for each in details for code in each.codes(vocabulary.TECHNIQUE)]
    draft.put_each("techniques", techniques, f"{request.path}.orderDetail")
    also = _linked(message, request, "supportingInfo")
    draft.put_each("goals", _spoken(also, "Goal", "description"), f"{request.path}.supportingInfo")
    draft.put_each("precautions", _spoken(also, "Flag", "code"), f"{request.path}.supportingInfo")
    draft.put_each("contraindications", _flagged(also), f"{request.path}.supportingInfo")
    draft.put("pressure_ceiling", request.extension(vocabulary.PRESSURE_CEILING, "valueInteger"))


def _put_administrative(draft: Draft, message: Message, request: Element) -> None:
    draft.put("medically_necessary", request.extension(vocabulary.MEDICALLY_NECESSARY, "valueBoolean"))
    updates = request.extension(vocabulary.UPDATE_FREQUENCY, "valueCode")
    if updates.value is not None:
        draft.put("updates", updates)
    places = [each for where in request.each("locationCode") for each in where.each("coding")]
    at_home = any(place.child("code").value == vocabulary.PATIENTS_HOME for place in places)
    draft.put("home_visit", Element(at_home, f"{request.path}.locationCode"))
    coverages = _linked(message, request, "insurance") + _linked(message, request, "supportingInfo")
    for coverage in [each for each in coverages if each.child("resourceType").value == "Coverage"][:1]:
        draft.put_draft("payer", _payer(message, coverage), coverage.path)
    for provenance in message.of_kind("Provenance")[:1]:
        draft.put("signed_on", _day(provenance.first("signature").child("when")))


def _diagnoses(message: Message, request: Element) -> list[Element]:
    """ICD-10-CM codes of the reasons, given in place or as Conditions."""
    conditions = _linked(message, request, "reasonReference") + _linked(message, request, "supportingInfo")
    said = [each.child("code") for each in conditions if each.child("resourceType").value == "Condition"]
    reasons = [*request.each("reasonCode"), *said]
    return [code for each in reasons for code in each.codes(vocabulary.ICD_10_CM)]


def _payer(message: Message, coverage: Element) -> Draft:
    payer = Draft()
    payor = coverage.first("payor")
    organization = message.resolve(payor)
    payer.put("name", organization.child("name") if organization else payor.child("display"))
    payer.put("member_number", coverage.child("subscriberId"))
    kinds = [coding.child("code") for coding in coverage.child("type").each("coding")]
    kind = next(iter(kinds), coverage.child("type"))
    known = vocabulary.CLAIM_TYPES.get(kind.value) if isinstance(kind.value, str) else None
    payer.put("claim_type", Element(known, kind.path))
    return payer


def _linked(message: Message, request: Element, name: str) -> list[Element]:
    return [found for each in request.each(name) if (found := message.resolve(each))]


def _spoken(resources: list[Element], kind: str, name: str) -> list[Element]:
    return [each.child(name).words() for each in resources if each.child("resourceType").value == kind]


def _flagged(resources: list[Element]) -> list[Element]:
    """Codes of the clinic's table, from Flags that carry one."""
    flags = [each.child("code") for each in resources if each.child("resourceType").value == "Flag"]
    return [code for each in flags for code in each.codes(vocabulary.CONTRAINDICATION)]


def _day(instant: Element) -> Element:
    """The date of a dateTime, as its writer's calendar showed it."""
    text = instant.value
    return Element(text[:10], instant.path) if isinstance(text, str) and len(text) > 10 else instant


def _whole(number: Element) -> Element:
    """8.0 is 8: FHIR's decimals may carry whole numbers."""
    value: Any = number.value
    return Element(int(value), number.path) if isinstance(value, float) and value.is_integer() else number


def _in_units(repeat: Element, name: str, unit: str, units: dict[str, int]) -> Element:
    """A length of time in our unit (minutes or days); no number when its own unit cannot be converted."""
    length, factor = repeat.child(name), repeat.child(unit).value
    if not isinstance(length.value, int | float) or isinstance(length.value, bool):
        return length
    if not isinstance(factor, str) or factor not in units:
        return Element("?", repeat.child(unit).path)
    return _whole(Element(length.value * units[factor], length.path))
