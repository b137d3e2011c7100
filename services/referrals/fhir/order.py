"""What a ServiceRequest orders: how often, how long, for what, and under which cautions."""

from __future__ import annotations

from uuid import UUID

from services.chassis.fhir import Issue
from services.referrals.fhir import vocabulary
from services.referrals.fhir.besides import besides
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.permitting import PERMITTED, decision_of, permission_of, put_permission
from services.referrals.fhir.reading import Message
from services.referrals.fhir.standing import is_same, linked
from services.referrals.fhir.timing import bounds_of, contradictions, put_timing

INTENTS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def refusals(request: Element) -> list[Issue]:
    """What makes a ServiceRequest something else than an order to be carried out."""
    found = []
    if request.child("status").value not in (None, "active"):
        found.append(Issue("business-rule", "Only an active request can be taken.", f"{request.path}.status"))
    permission = permission_of(request)
    intents = (*INTENTS, PERMITTED) if permission.value is not None else INTENTS
    if request.child("intent").value not in (None, *intents):
        found.append(Issue("business-rule", "Only an order can be taken.", f"{request.path}.intent"))
    advised = decision_of(permission).value != "not_advised"
    if request.child("doNotPerform").value not in (None, False) and advised:
        found.append(Issue("business-rule", "This asks not to perform.", f"{request.path}.doNotPerform"))
    return [*found, *contradictions(request)]


def put_order(draft: Draft, message: Message, request: Element) -> None:
    _put_placer(draft, request)
    _put_earlier(draft, message, request)
    put_timing(draft, request)
    _put_dates(draft, request)
    _put_clinical(draft, message, request)
    put_permission(draft, request)
    _put_administrative(draft, message, request)


def _put_placer(draft: Draft, request: Element) -> None:
    """The identifier typed PLAC, else the first; not the number that is ours."""
    theirs = [each for each in request.each("identifier") if each.child("system").value != vocabulary.REFERENCE]
    placed = [
        each
        for each in theirs
        if "PLAC" in (code.value for code in each.child("type").codes(vocabulary.IDENTIFIER_TYPE))
    ]
    for chosen in [*placed, *theirs][:1]:
        draft.put_draft("placer", _number(chosen), chosen.path)


def _number(identifier: Element) -> Draft:
    number = Draft()
    number.put("number", identifier.child("value"))
    number.put("system", identifier.child("system"))
    return number


def _put_earlier(draft: Draft, message: Message, request: Element) -> None:
    """The order that this one replaces: by its placer's number, or by our id."""
    replaced = request.first("replaces")
    named = message.resolve(replaced)
    identifier = named.first("identifier") if named else replaced.child("identifier")
    if identifier.child("value").value is not None:
        draft.put_draft("replaces", _number(identifier), replaced.path)
    elif named is None and isinstance(address := replaced.child("reference").value, str):
        kind, _, its_id = address.partition("/")
        if kind == "ServiceRequest" and is_ours(its_id):
            draft.put("renews", Element(its_id, replaced.path))


def _put_dates(draft: Draft, request: Element) -> None:
    draft.put("issued_on", _day(request.child("authoredOn")))
    end = bounds_of(request).child("end")
    last = end if end.value is not None else request.extension(vocabulary.VALID_UNTIL, "valueDate")
    draft.put("valid_until", _day(last) if last.value is not None else end)
    draft.put("start_by", request.extension(vocabulary.START_BY, "valueDate"))


def _put_clinical(draft: Draft, message: Message, request: Element) -> None:
    draft.put("service", request.child("code").words())
    reasons = _reasons(message, request)
    codes = [code for each in reasons for code in each.codes(vocabulary.ICD_10_CM)]
    draft.put_each("diagnoses", codes, f"{request.path}.reasonCode")
    uncoded = [each.words() for each in reasons if not each.codes(vocabulary.ICD_10_CM)]
    draft.put_each("reasons", uncoded, f"{request.path}.reasonCode")
    sites = [each.words() for each in request.each("bodySite")]
    draft.put_each("areas", sites, f"{request.path}.bodySite")
    notes = [*(each.child("text") for each in request.each("note")), besides(request)]
    draft.put_each("instructions", notes, f"{request.path}.note")
    draft.put("patient_instruction", request.child("patientInstruction"))
    details = request.each("orderDetail")
    techniques = [code for each in details for code in each.codes(vocabulary.TECHNIQUE)]
    draft.put_each("techniques", techniques, f"{request.path}.orderDetail")
    also = linked(message, request, "supportingInfo")
    draft.put_each("goals", _spoken(also, "Goal", "description"), f"{request.path}.supportingInfo")
    draft.put_each("precautions", _cautions(also), f"{request.path}.supportingInfo")
    draft.put_each("contraindications", _flagged(also), f"{request.path}.supportingInfo")
    draft.put("pressure_ceiling", request.extension(vocabulary.PRESSURE_CEILING, "valueInteger"))


def _put_administrative(draft: Draft, message: Message, request: Element) -> None:
    draft.put("medically_necessary", request.extension(vocabulary.MEDICALLY_NECESSARY, "valueBoolean"))
    draft.put("updates", request.extension(vocabulary.UPDATE_FREQUENCY, "valueCode"))
    draft.put("therapist_sex", request.extension(vocabulary.THERAPIST_SEX, "valueCode"))
    places = [each for where in request.each("locationCode") for each in where.each("coding")]
    at_home = any(place.child("code").value == vocabulary.PATIENTS_HOME for place in places)
    draft.put("home_visit", Element(at_home, f"{request.path}.locationCode"))
    coverages = linked(message, request, "insurance", "supportingInfo")
    for coverage in [each for each in coverages if each.child("resourceType").value == "Coverage"][:1]:
        draft.put_draft("payer", _payer(message, coverage), coverage.path)
    draft.put("signed_on", _signed(message, request))


def _signed(message: Message, request: Element) -> Element:
    """When it was signed, as the Provenance of this very order says."""
    named = [message.resolve(each) for each in request.each("relevantHistory")]
    of_this = [
        each
        for each in message.of_kind("Provenance")
        if any(is_same(each, one) for one in named) or _is_about(message, each, request)
    ]
    days = [_day(one.child("when")) for each in of_this for one in each.each("signature")]
    return next((day for day in days if day.value is not None), Element(None, f"{request.path}.relevantHistory"))


def _is_about(message: Message, provenance: Element, request: Element) -> bool:
    return any(is_same(message.resolve(target), request) for target in provenance.each("target"))


def _reasons(message: Message, request: Element) -> list[Element]:
    """Given in place or as Conditions."""
    named = linked(message, request, "reasonReference", "supportingInfo")
    conditions = [each.child("code") for each in named if each.child("resourceType").value == "Condition"]
    return [*request.each("reasonCode"), *conditions]


def _payer(message: Message, coverage: Element) -> Draft:
    payer = Draft()
    payor = coverage.first("payor")
    organization = message.resolve(payor)
    payer.put("name", organization.child("name") if organization else payor.child("display"))
    payer.put("member_number", coverage.child("subscriberId"))
    codes = [coding.child("code") for coding in coverage.child("type").each("coding")]
    known = [each for each in codes if isinstance(each.value, str) and each.value in vocabulary.CLAIM_TYPES]
    kind = Element(vocabulary.CLAIM_TYPES[known[0].value], known[0].path) if known else Element(None, coverage.path)
    payer.put("claim_type", kind)
    return payer


def _spoken(resources: list[Element], kind: str, name: str) -> list[Element]:
    return [each.child(name).words() for each in resources if each.child("resourceType").value == kind]


def _cautions(resources: list[Element]) -> list[Element]:
    """What Flags say in words; where the clinic's table has it, its code is enough."""
    flags = [each.child("code") for each in resources if each.child("resourceType").value == "Flag"]
    return [
        each.words()
        for each in flags
        if not each.codes(vocabulary.CONTRAINDICATION) or each.child("text").value is not None
    ]


def _flagged(resources: list[Element]) -> list[Element]:
    """Codes of the clinic's table, from Flags that carry one."""
    flags = [each.child("code") for each in resources if each.child("resourceType").value == "Flag"]
    return [code for each in flags for code in each.codes(vocabulary.CONTRAINDICATION)]


def is_ours(its_id: str) -> bool:
    try:
        return UUID(its_id).version == 7
    except ValueError:
        return False


def _day(instant: Element) -> Element:
    """The date of a dateTime, as its writer's calendar showed it."""
    text = instant.value
    return Element(text[:10], instant.path) if isinstance(text, str) and len(text) > 10 else instant
