"""The referral the story begins with: an EHR's FHIR Bundle, made fresh: each telling is a new patient."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any

from services.referrals.npi import is_npi

NPI_SYSTEM = "http://hl7.org/fhir/sid/us-npi"

_AREA_CODES = (
    "202",
    "212",
    "303",
    "312",
    "404",
    "415",
    "503",
    "602",
    "617",
    "646",
    "702",
    "713",
    "718",
    "917",
)


@dataclass(frozen=True)
class Posted:
    bundle: dict[str, Any]
    phone: str
    physician_email: str


def fresh(today: date) -> Posted:
    """The shipped Bundle with its own placer number, recent dates, and a fictional phone (555-01xx)."""
    bundle = json.loads(resources.files(__package__).joinpath("referral-bundle.json").read_text())
    tag = secrets.token_hex(4)
    phone = f"+1{secrets.choice(_AREA_CODES)}55501{secrets.randbelow(100):02d}"
    email = f"dr.{tag}@practice.example"
    for resource in (entry["resource"] for entry in bundle["entry"]):
        _FRESHEN.get(resource["resourceType"], _as_it_is)(resource, today, tag, phone, email)
    return Posted(bundle, phone, email)


def _as_it_is(resource: dict[str, Any], *_: Any) -> None:
    return


def _patient(resource: dict[str, Any], today: date, tag: str, phone: str, email: str) -> None:
    _telecom(resource, "phone", phone)
    _telecom(resource, "email", f"patient.{tag}@mail.example")


def _practitioner(resource: dict[str, Any], today: date, tag: str, phone: str, email: str) -> None:
    _telecom(resource, "email", email)
    for identifier in resource["identifier"]:
        if identifier.get("system") == NPI_SYSTEM:
            identifier["value"] = _npi()


def _npi() -> str:
    """Of a physician of this telling alone, so that one's e-mails do not go to another's address."""
    stem = f"1{secrets.randbelow(10**8):08d}"
    return next(stem + digit for digit in "0123456789" if is_npi(stem + digit))


def _service_request(resource: dict[str, Any], today: date, tag: str, phone: str, email: str) -> None:
    resource["identifier"][0]["value"] = f"EHR-{tag}"
    resource["authoredOn"] = (today - timedelta(days=1)).isoformat()
    bounds = resource.get("occurrenceTiming", {}).get("repeat", {}).get("boundsPeriod")
    if bounds:
        bounds.update(start=today.isoformat(), end=(today + timedelta(days=80)).isoformat())


def _telecom(resource: dict[str, Any], system: str, value: str) -> None:
    for point in resource.get("telecom", []):
        if point.get("system") == system:
            point["value"] = value


_FRESHEN = {"Patient": _patient, "Practitioner": _practitioner, "ServiceRequest": _service_request}
