"""The referrals of the story: an EHR's FHIR Bundle, and an order as a practice types it; new people in each telling."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

import phonenumbers

from services.referrals.people.npi import is_npi

TITLE = "Dr."
NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"
VALID_DAYS = 80

_FAMILIES = (
    "Abara", "Bergqvist", "Castellano", "Duarte", "Eriksen", "Farouk", "Galvez", "Hoffmann", "Ibarra", "Jansen",
    "Kowalski", "Lindqvist", "Moreau", "Novak", "Okonkwo", "Pereira", "Quintero", "Rasmussen", "Sandoval", "Tanaka",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody of this telling alone: nobody takes them for an earlier one."""

    given: str
    family: str
    email: str
    phone: str = ""
    language: str = "en"
    born_on: str = ""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def called(self) -> str:
        """In the story."""
        return self.name if self.given == TITLE else self.given


@dataclass(frozen=True)
class Posted:
    """A referral as it is sent: where to, and about and by whom; the first of the physicians refers."""

    path: str
    type_: str
    body: dict[str, Any]
    patient: Person
    physicians: tuple[Person, ...]


def patient(given: str, *, language: str = "en", phone: str | None = None) -> Person:
    tag = secrets.token_hex(4)
    born_on = date(1945, 1, 1) + timedelta(days=secrets.randbelow(20_000))
    email, family = f"{given.lower()}.{tag}@mail.example", secrets.choice(_FAMILIES)
    return Person(given, family, email, phone or fictional_phone(), language, born_on.isoformat())


def physician(family: str) -> Person:
    return Person(TITLE, family, f"{family.lower()}.{secrets.token_hex(4)}@practice.example")


def fictional_phone() -> str:
    """555-0100 to 555-0199 of some area, which nobody has."""
    while True:
        phone = f"+1{200 + secrets.randbelow(800)}55501{secrets.randbelow(100):02d}"
        if phonenumbers.is_valid_number(phonenumbers.parse(phone)):
            return phone


def nobodys_phone() -> str:
    """The sandbox takes a text to it, and finds nobody there."""
    return f"+1500{2 + secrets.randbelow(3)}{secrets.randbelow(10**6):06d}"


def from_ehr(today: date, of: Person, by: Person) -> Posted:
    """The shipped Bundle with these people, its own placer number, and recent dates."""
    bundle = json.loads(resources.files(__package__).joinpath("referral-bundle.json").read_text())
    for resource in (entry["resource"] for entry in bundle["entry"]):
        match resource["resourceType"]:
            case "Patient":
                _patient(resource, of)
            case "Practitioner":
                _practitioner(resource, by)
            case "ServiceRequest":
                _service_request(resource, today)
    return Posted("/api/referrals/fhir", "application/fhir+json", bundle, of, (by,))


def typed_in(today: date, of: Person, by: Person, copy_to: Person) -> Posted:
    """Four visits; one physician wants to hear at midpoint and end, the other at the end."""
    body = {
        "placer": {"number": secrets.token_hex(4)},
        "patient": {
            "name": of.name, "born_on": of.born_on, "phone": of.phone, "email": of.email, "language": of.language,
            "text_consent": True, "email_consent": True,
        },
        "physician": _typed(by),
        "copy_to": [{"physician": _typed(copy_to), "updates": "end"}],
        "updates": "midpoint_and_end",
        "diagnoses": ["M54.2"],
        "goals": ["Turn the head without pain while driving"],
        "visits": 4,
        "frequency": {"visits": 2},
        "session_minutes": 30,
        "issued_on": (today - timedelta(days=1)).isoformat(),
        "valid_until": (today + timedelta(days=VALID_DAYS)).isoformat(),
    }  # fmt: skip
    return Posted("/api/referrals", "application/json", body, of, (by, copy_to))


def _typed(one: Person) -> dict[str, str]:
    return {"name": one.name, "npi": _npi(), "email": one.email}


def _patient(resource: dict[str, Any], of: Person) -> None:
    resource["name"] = [{"use": "official", "family": of.family, "given": [of.given]}]
    resource["birthDate"] = of.born_on
    resource["communication"][0]["language"]["coding"][0].update(code=of.language, display=of.language)
    _telecom(resource, "phone", of.phone)
    _telecom(resource, "email", of.email)


def _practitioner(resource: dict[str, Any], by: Person) -> None:
    resource["name"][0].update(text=by.name, family=by.family)
    _telecom(resource, "email", by.email)
    for identifier in resource["identifier"]:
        if identifier.get("system") == NPI_SYSTEM:
            identifier["value"] = _npi()


def _npi() -> str:
    """Of a physician of this telling alone, so that one's e-mails do not go to another's address."""
    stem = f"1{secrets.randbelow(10**8):08d}"
    return next(stem + digit for digit in "0123456789" if is_npi(stem + digit))


def _service_request(resource: dict[str, Any], today: date) -> None:
    resource["identifier"][0]["value"] = f"EHR-{secrets.token_hex(4)}"
    resource["authoredOn"] = (today - timedelta(days=1)).isoformat()
    bounds = resource["occurrenceTiming"]["repeat"]["boundsPeriod"]
    bounds.update(start=today.isoformat(), end=(today + timedelta(days=VALID_DAYS)).isoformat())


def _telecom(resource: dict[str, Any], system: str, value: str) -> None:
    for point in resource.get("telecom", []):
        if point.get("system") == system:
            point["value"] = value
