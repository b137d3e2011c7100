"""Patient and physician, as a FHIR message names them."""

from __future__ import annotations

from typing import Any

from services.referrals.fhir import vocabulary
from services.referrals.fhir.elements import Draft, Element
from services.referrals.fhir.reading import Message
from services.referrals.fhir.references import searched
from services.referrals.fhir.standing import is_same


def patient_draft(message: Message, patient: Element) -> Draft:
    draft = Draft()
    draft.put("name", _name(patient))
    draft.put("born_on", patient.child("birthDate"))
    draft.put("phone", _contact([patient], "phone"))
    draft.put("email", _contact([patient], "email"))
    draft.put("language", _language(patient))
    for channel in ("text", "email"):
        draft.put(f"{channel}_consent", _consent(message, patient, channel))
    return draft


def home_of(message: Message, request: Element) -> Element:
    """Latitude and longitude of the place of the visits, or else of where the patient lives."""
    for each in request.each("locationReference"):
        position = (message.resolve(each) or Element(None, each.path)).child("position")
        if position.value is not None:
            return Element([position.child(end).value for end in ("latitude", "longitude")], position.path)
    patient = message.resolve(request.child("subject")) or request.child("subject")
    for address in patient.each("address"):
        for place in address.each("extension"):
            if place.child("url").value == vocabulary.GEOLOCATION:
                ends = [place.extension(name, "valueDecimal") for name in ("latitude", "longitude")]
                return Element([end.value for end in ends], place.path)
    return Element(None, f"{patient.path}.address")


def is_identified(reference: Element) -> bool:
    """Whether a reference to somebody who did not come along says who that is."""
    return reference.child("identifier").value is not None or _asked_for(reference) is not None


def named_only(reference: Element) -> Draft:
    """A physician of whom only the reference tells: by NPI and name."""
    draft = Draft()
    identifier, asked = reference.child("identifier"), _asked_for(reference)
    if asked:
        draft.put("npi", Element(asked, reference.child("reference").path))
    else:
        is_npi = identifier.child("system").value == vocabulary.NPI
        draft.put("npi", identifier.child("value") if is_npi else Element(None, identifier.path))
    draft.put("name", reference.child("display"))
    return draft


def _asked_for(reference: Element) -> str | None:
    """The NPI of a conditional reference, `Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|…`."""
    named = reference.child("reference").value
    kind, key = searched(named) if isinstance(named, str) and "?" in named else ("", None)
    return key[1] if key and kind == "Practitioner" and key[0] == vocabulary.NPI else None


def physician_draft(message: Message, requester: Element) -> Draft:
    """`requester` is a Practitioner or a PractitionerRole."""
    role, practitioner, organization = _practice(message, requester)
    places = [role, practitioner, organization]
    draft = Draft()
    draft.put("name", _name(practitioner))
    draft.put("npi", _identifier(practitioner, system=vocabulary.NPI))
    who = role.child("practitioner")
    if practitioner.value is None and is_identified(who):
        draft = named_only(who)
    draft.put("licence", _licence(practitioner))
    said = (
        organization.child("name"),
        role.child("organization").child("display"),
        practitioner.extension(vocabulary.PRACTICE, "valueString"),
    )
    draft.put("practice", next((each for each in said if each.value is not None), said[0]))
    for kind in ("phone", "fax", "email"):
        draft.put(kind, _contact(places, kind))
    return draft


def _practice(message: Message, requester: Element) -> tuple[Element, Element, Element]:
    """Role, practitioner and organization around the one who asks; what did not come along is empty."""
    role = requester
    if requester.child("resourceType").value == "Practitioner":
        roles = message.of_kind("PractitionerRole")
        own = (each for each in roles if is_same(message.resolve(each.child("practitioner")), requester))
        role = next(own, Element(None, requester.path))
    else:
        requester = _resolved(message, role.child("practitioner"))
    return role, requester, _resolved(message, role.child("organization"))


def _resolved(message: Message, reference: Element) -> Element:
    return message.resolve(reference) or Element(None, reference.path)


def _name(person: Element) -> Element:
    """The official name, else the first one that is still in use, as it is said."""
    names = [each for each in person.each("name") if _used(each)] or [person.child("name")]
    name = next((each for each in names if each.child("use").value == "official"), names[0])
    if isinstance(name.child("text").value, str):
        return name.child("text")
    given = name.child("given").value
    parts = [*(given if isinstance(given, list) else []), name.child("family").value]
    spoken = " ".join(part for part in parts if isinstance(part, str))
    return Element(spoken or None, name.path)


def _contact(places: list[Element], kind: str) -> Element:
    """The first phone, fax or e-mail that is still in use."""
    points = [point for place in places for point in place.each("telecom")]
    fitting = [each.child("value") for each in points if each.child("system").value == kind and _used(each)]
    return fitting[0] if fitting else Element(None, places[0].child("telecom").path)


def _used(point: Element) -> bool:
    return bool(point.child("use").value != "old")


def _licence(practitioner: Element) -> Element:
    """Typed LN; else of a qualification, as US Core has it."""
    own = _identifier(practitioner, type_code="LN")
    earned = [each.first("identifier").child("value") for each in practitioner.each("qualification")]
    return next((each for each in [own, *earned] if each.value is not None), own)


def _identifier(person: Element, *, system: str | None = None, type_code: str | None = None) -> Element:
    for each in (one for one in person.each("identifier") if _used(one)):
        codes = [code.value for code in each.child("type").codes(vocabulary.IDENTIFIER_TYPE)]
        if (system and each.child("system").value == system) or (type_code and type_code in codes):
            return each.child("value")
    return Element(None, person.child("identifier").path)


def _language(patient: Element) -> Element:
    """The preferred language, without its region: `en-US` is `en`."""
    spoken = patient.each("communication")
    preferred = next((each for each in spoken if each.child("preferred").value is True), None)
    chosen = preferred or next(iter(spoken), patient)
    code = chosen.child("language").first("coding").child("code")
    tag: Any = code.value
    return Element(tag.split("-")[0].lower(), code.path) if isinstance(tag, str) else code


def _consent(message: Message, patient: Element, channel: str) -> Element:
    """True or false when a Consent of this patient speaks of the channel, else nothing."""
    for consent in message.of_kind("Consent"):
        provision = consent.child("provision")
        concepts = provision.each("code")
        codes = [code.value for each in concepts for code in each.codes(vocabulary.CONTACT_CHANNEL)]
        if is_same(message.resolve(consent.child("patient")), patient) and channel in codes:
            said = (consent.child("status").value, provision.child("type").value)
            return Element(said == ("active", "permit"), provision.path)
    return Element(None, patient.path)
