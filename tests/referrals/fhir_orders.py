"""Orders of every shape that the intake reads, for hypothesis; and what an order says, told without our own reader."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from tests.referrals.house import today

OURS = "https://fascia.example/fhir"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CODES = ["M54.50", "M54.2", "M25.511", "G44.209", "M79.18", "S13.4XXA"]
CLAIMS = {"EHCPOL": "v3-ActCode", "WCBPOL": "v3-ActCode", "AUTOPOL": "v3-ActCode", "pay": "coverage-selfpay"}

WORDS = st.text(st.characters(categories=["L", "Nd"], max_codepoint=0x24F), min_size=1, max_size=30).map(
    lambda text: f"{text} {len(text)}"
)
SOME_WORDS = st.lists(WORDS, max_size=3, unique=True)
DAYS = st.integers(0, 60).map(lambda days: (today() + timedelta(days=days)).isoformat())


def npi(nine: int) -> str:
    """A valid one: the check digit by Luhn over 80840 and the nine digits."""
    digits = [int(digit) for digit in f"80840{nine:09d}"]
    doubled = [digit * 2 if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"{nine:09d}{-total % 10}"


@st.composite
def quantities(draw: Any) -> dict[str, Any]:
    """How many, as FHIR's Quantity or Range, and the same as a count or not."""
    most = draw(st.integers(2, 40))
    least = draw(st.none() | st.integers(1, most - 1))
    count = {"count": most} if least is None else {"count": least, "countMax": most}
    quantity: dict[str, Any] = {"quantityQuantity": {"value": most}}
    if least is not None:
        quantity = {"quantityRange": {"low": {"value": least}, "high": {"value": most}}}
    return draw(st.sampled_from([{"repeat": count, **quantity}, {"repeat": count}, {"repeat": {}, **quantity}]))


@st.composite
def timings(draw: Any) -> dict[str, Any]:
    unit, days = draw(st.sampled_from([("wk", 7), ("d", 1)]))
    period = draw(st.integers(1, 28 // days))
    often = draw(st.integers(1, period * days))
    repeat: dict[str, Any] = {"frequency": often, "period": period, "periodUnit": unit}
    if often > 1 and draw(st.booleans()):
        repeat |= {"frequency": often - 1, "frequencyMax": often}
    if period < 28 // days and draw(st.booleans()):
        repeat["periodMax"] = period + 1
    lengths = [{"duration": 45}, {"duration": 15}, {"duration": 20, "durationMax": 30}]
    repeat |= {**draw(st.sampled_from(lengths)), "durationUnit": "min"}
    weeks = draw(st.integers(2, 20))
    bounds = [
        {},
        {"boundsPeriod": {"end": draw(DAYS)}},
        {"boundsDuration": {"value": weeks, "code": "wk"}},
        {"boundsRange": {"low": {"value": weeks - 1, "code": "wk"}, "high": {"value": weeks, "code": "wk"}}},
    ]
    return {**repeat, **draw(st.sampled_from(bounds))}


@st.composite
def orders(draw: Any) -> dict[str, Any]:
    """A Bundle with one ServiceRequest and everything around it, of people who are all new."""
    patient, doctor = {"reference": "urn:uuid:patient"}, {"reference": "urn:uuid:doctor"}
    counted = draw(quantities())
    beside = [
        *(
            {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": text}, "subject": patient}
            for text in draw(SOME_WORDS)
        ),
        *(
            {"resourceType": "Flag", "status": "active", "code": {"text": text}, "subject": patient}
            for text in draw(SOME_WORDS)
        ),
        *(_caution(code, patient) for code in draw(st.sets(st.sampled_from(["pregnancy", "osteoporosis"])))),
        *(_consent(channel, kind, patient) for channel, kind in draw(_CONSENTS)),
    ]
    copies = [draw(_doctors()) for _ in range(draw(st.integers(0, 2)))]
    wishes = [_wish(place, draw(st.sampled_from(["every_visit", "end"]))) for place in range(len(copies))]
    coverage = draw(st.none() | st.builds(_coverage, st.sampled_from([*CLAIMS]), WORDS, WORDS))
    signature = draw(st.none() | st.just(_signature(doctor)))
    place = draw(st.none() | st.tuples(st.integers(-89, 89), st.integers(-179, 179)).map(_place))
    extensions = [
        *draw(_said("update-frequency", "valueCode", ["every_visit", "end", "midpoint_and_end"])),
        *draw(_said("pressure-ceiling", "valueInteger", [1, 3, 5])),
        *draw(_said("medically-necessary", "valueBoolean", [True, False])),
        *draw(_said("therapist-sex", "valueCode", ["female", "male"])),
        *draw(_said("start-by", "valueDate", [today().isoformat()])),
    ]
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True))
    order: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "identifier": [{"system": "https://ehr.example/orders", "value": uuid4().hex}],
        "status": "active",
        "intent": "order",
        "extension": extensions,
        "subject": patient,
        "requester": {"reference": "urn:uuid:role"},
        "authoredOn": today().isoformat(),
        "code": {"text": draw(WORDS)},
        "orderDetail": [
            {"coding": [{"system": f"{OURS}/CodeSystem/technique", "code": code}]}
            for code in draw(st.sets(st.sampled_from(["swedish", "myofascial_release", "trigger_point"])))
        ],
        "occurrenceTiming": {"repeat": {**draw(timings()), **counted.pop("repeat")}},
        **counted,
        "reasonCode": [
            *({"coding": [{"system": ICD, "code": code}]} for code in codes),
            *({"text": text} for text in draw(SOME_WORDS)),
        ],
        "bodySite": [{"text": text} for text in draw(SOME_WORDS)],
        "note": [{"text": text} for text in draw(SOME_WORDS)],
        **draw(st.just({}) | WORDS.map(lambda text: {"patientInstruction": text})),
        **draw(st.sampled_from([{}, {"locationCode": [{"coding": [{"code": "PTRES"}]}]}])),
        "supportingInfo": [{"reference": f"urn:uuid:beside-{place}"} for place in range(len(beside))],
        "insurance": [{"reference": "urn:uuid:coverage"}] if coverage else [],
        "locationReference": [{"reference": "urn:uuid:place"}] if place else [],
    }
    order = {name: value for name, value in order.items() if value not in ([], {})}
    others = {"coverage": coverage, "signature": signature, "place": place}
    others |= {f"beside-{number}": one for number, one in enumerate(beside)}
    others |= {f"copied-{place}": one for place, one in enumerate(copies)}
    others |= {f"wish-{place}": one for place, one in enumerate(wishes)}
    people = {"patient": draw(_patients()), "doctor": draw(_doctors()), "role": _role(draw(WORDS))}
    named = {**people, **{name: one for name, one in others.items() if one}, "order": order}
    return bundle(draw(st.sampled_from(["transaction", "collection", "message", "document"])), named)


def bundle(kind: str, named: dict[str, Any]) -> dict[str, Any]:
    """With what a Bundle of its type begins with."""
    entries: list[dict[str, Any]] = [
        {"fullUrl": f"urn:uuid:{name}", "resource": one}
        | ({"request": {"method": "POST", "url": one["resourceType"]}} if kind == "transaction" else {})
        for name, one in {**({"first": FIRST[kind]} if kind in FIRST else {}), **named}.items()
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


FIRST: dict[str, dict[str, Any]] = {
    "message": {
        "resourceType": "MessageHeader",
        "id": "a-message",
        "eventCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0003", "code": "I12"},
        "source": {"endpoint": "https://ehr.example/fhir"},
        "focus": [{"reference": "urn:uuid:order"}],
    },
    "document": {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "Referral"},
        "date": "2026-11-20",
        "author": [{"reference": "urn:uuid:doctor"}],
        "title": "Referral",
    },
}


_CONSENTS = st.dictionaries(st.sampled_from(["text", "email"]), st.sampled_from(["permit", "deny"])).map(
    lambda said: sorted(said.items())
)


def _said(name: str, kind: str, values: list[Any]) -> Any:
    url = f"{OURS}/StructureDefinition/{name}"
    return st.sampled_from([[], *([{"url": url, kind: value}] for value in values)])


def _wish(place: int, often: str) -> dict[str, Any]:
    """To copy reports to another physician."""
    system = "http://terminology.hl7.org.au/CodeSystem/communication-request-category"
    return {
        "resourceType": "CommunicationRequest",
        "extension": [{"url": f"{OURS}/StructureDefinition/update-frequency", "valueCode": often}],
        "status": "active",
        "category": [{"coding": [{"system": system, "code": "copyto-reports"}]}],
        "basedOn": [{"reference": "urn:uuid:order"}],
        "recipient": [{"reference": f"urn:uuid:copied-{place}"}],
    }


def _caution(code: str, patient: dict[str, str]) -> dict[str, Any]:
    coding = {"system": f"{OURS}/CodeSystem/contraindication", "code": code}
    return {"resourceType": "Flag", "status": "active", "code": {"coding": [coding]}, "subject": patient}


def _consent(channel: str, kind: str, patient: dict[str, str]) -> dict[str, Any]:
    coding = {"system": f"{OURS}/CodeSystem/contact-channel", "code": channel}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"text": "contact"},
        "category": [{"text": "contact"}],
        "patient": patient,
        "policyRule": {"text": "as agreed"},
        "provision": {"type": kind, "code": [{"coding": [coding]}]},
    }


def _coverage(code: str, payer: str, number: str) -> dict[str, Any]:
    return {
        "resourceType": "Coverage",
        "status": "active",
        "type": {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{CLAIMS[code]}", "code": code}]},
        "subscriberId": number,
        "beneficiary": {"reference": "urn:uuid:patient"},
        "payor": [{"display": payer}],
    }


def _signature(doctor: dict[str, str]) -> dict[str, Any]:
    when = f"{today()}T09:30:00-05:00"
    return {
        "resourceType": "Provenance",
        "target": [{"reference": "urn:uuid:order"}],
        "recorded": when,
        "agent": [{"who": doctor}],
        "signature": [{"type": [{"code": "1.2.840.10065.1.12.1.1"}], "when": when, "who": doctor}],
    }


def _place(position: tuple[int, int]) -> dict[str, Any]:
    latitude, longitude = position
    return {"resourceType": "Location", "position": {"latitude": latitude + 0.25, "longitude": longitude + 0.5}}


@st.composite
def _patients(draw: Any) -> dict[str, Any]:
    email = {"system": "email", "value": f"{uuid4().hex}@mail.example"}
    phone = {"system": "phone", "value": f"+1212555{draw(st.integers(100, 199)):04d}"}
    language = [{"language": {"coding": [{"code": draw(st.sampled_from(["en", "es"]))}]}, "preferred": True}]
    return {
        "resourceType": "Patient",
        "name": [{"text": f"{draw(WORDS)} {uuid4().hex}"}],
        "birthDate": draw(st.dates(today() - timedelta(days=30000), today())).isoformat(),
        "telecom": draw(st.sampled_from([[email], [phone], [phone, email]])),
        **draw(st.sampled_from([{}, {"communication": language}])),
    }


@st.composite
def _doctors(draw: Any) -> dict[str, Any]:
    licence = {
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "LN"}]},
        "value": draw(WORDS),
    }
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": npi(uuid4().int % 10**9)}
    telecom = [
        {"system": "fax", "value": "+12125550181"},
        {"system": "email", "value": f"{uuid4().hex}@clinic.example"},
    ]
    return {
        "resourceType": "Practitioner",
        "identifier": draw(st.sampled_from([[number], [licence, number]])),
        "name": [{"text": draw(WORDS)}],
        "telecom": telecom,
    }


def _role(practice: str) -> dict[str, Any]:
    doctor = {"reference": "urn:uuid:doctor"}
    return {"resourceType": "PractitionerRole", "practitioner": doctor, "organization": {"display": practice}}


def facts(order: dict[str, Any], beside: list[dict[str, Any]]) -> set[tuple[str, Any]]:
    """What an order says, and the resources beside it: one fact for each element, wherever it stands."""
    return {*_of_order(order), *_of_timing(order["occurrenceTiming"]["repeat"], order), *_of_others(beside)}


def _of_order(order: dict[str, Any]) -> Any:
    for name in ("status", "intent", "authoredOn", "patientInstruction"):
        yield name, order.get(name)
    yield "code", order["code"]["text"]
    yield "home", bool(order.get("locationCode"))
    for one in order["identifier"]:
        yield "identifier", (one["system"], one["value"])
    for one in order.get("extension", []):
        yield one["url"], next(value for name, value in one.items() if name.startswith("value"))
    for one in order.get("orderDetail", []):
        yield "technique", one["coding"][0]["code"]
    for name in ("reasonCode", "bodySite", "note"):
        for one in order.get(name, []):
            yield name, one.get("text") or one["coding"][0]["code"]


def _of_timing(repeat: dict[str, Any], order: dict[str, Any]) -> Any:
    several = order.get("quantityRange")
    single = order.get("quantityQuantity", {}).get("value")
    least, most = (several["low"]["value"], several["high"]["value"]) if several else (single, single)
    yield "visits", (least or repeat["count"], most or repeat.get("countMax", repeat["count"]))
    for name in ("duration", "frequency"):
        yield name, (repeat[name], repeat.get(f"{name}Max"))
    days = {"wk": 7, "d": 1}[repeat["periodUnit"]]
    yield "period", (repeat["period"] * days, repeat.get("periodMax", 0) * days)
    if "boundsPeriod" in repeat:
        yield "until", repeat["boundsPeriod"]["end"]
    for name in ("boundsDuration", "boundsRange"):
        if name in repeat:
            ends = repeat[name]
            yield name, str(ends.get("value") or (ends["low"]["value"], ends["high"]["value"]))


def _of_others(beside: list[dict[str, Any]]) -> Any:
    for one in beside:
        kind = one["resourceType"]
        if kind == "Goal":
            yield kind, one["description"]["text"]
        elif kind == "Flag":
            yield kind, one["code"].get("text") or one["code"]["coding"][0]["code"]
        elif kind == "Consent":
            for code in one["provision"]["code"]:
                yield kind, (code["coding"][0]["code"], one["provision"]["type"])
        elif kind == "Coverage":
            yield kind, (one["type"]["coding"][0]["code"], one["subscriberId"], one["payor"][0]["display"])
        elif kind == "Provenance":
            yield kind, one["signature"][0]["when"][:10]
        elif kind == "Location":
            yield kind, (one["position"]["latitude"], one["position"]["longitude"])
        elif kind == "CommunicationRequest":
            yield kind, (one["category"][0]["coding"][0]["code"], one["extension"][0]["valueCode"])
        elif kind in ("Patient", "Practitioner"):
            yield from _of_person(one)


def _of_person(person: dict[str, Any]) -> Any:
    kind = person["resourceType"]
    yield kind, (person["name"][0]["text"], person.get("birthDate"))
    for one in person["telecom"]:
        yield kind, (one["system"], one["value"])
    for one in person.get("identifier", []):
        yield kind, one["value"]
    for one in person.get("communication", []):
        yield kind, one["language"]["coding"][0]["code"]
