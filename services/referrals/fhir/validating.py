"""FHIR's `$validate`: what would be said of an order, without keeping anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.chassis.fhir import FhirRefused, Issue
from services.referrals.fhir.elements import Element
from services.referrals.fhir.taking import sent

MODES = ("create", "profile")
PROFILES = "http://hl7.org/fhir/StructureDefinition/"
"""Of FHIR itself; the base definitions are all that is checked."""


def validated(document: Any, kind: str | None, options: Mapping[str, Any], now: datetime) -> list[Issue]:
    """What there is to say of a resource, also where it stands in Parameters. `options` are mode and profile.

    Raises `FhirRefused` with everything that is wrong, also with what is asked of us.
    """
    resource, said = _parameters(document, options)
    beyond = [*_beyond(said)]
    if kind and isinstance(resource, dict) and resource.get("resourceType") not in (kind, None):
        raise FhirRefused(422, [Issue("invalid", f"Send a {kind} to this address.", "resourceType")])
    try:
        message = sent(resource)
        judged = message.judge(now)
    except FhirRefused as refused:
        raise FhirRefused(refused.status, [*beyond, *refused.issues]) from None
    return [*beyond, *judged.asked, *message.remarks()]


def _parameters(document: Any, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    if not isinstance(document, dict) or document.get("resourceType") != "Parameters":
        return document, dict(options)
    parts = {
        part.child("name").value: part
        for part in Element(document, "Parameters").each("parameter")
        if isinstance(part.child("name").value, str)
    }
    nothing = Element(None, "Parameters")
    mode = parts.get("mode", nothing).child("valueCode").value
    profile = next(
        (
            one
            for kind in ("Uri", "Canonical", "String")
            if (one := parts.get("profile", nothing).child(f"value{kind}").value) is not None
        ),
        None,
    )
    said = {"mode": mode or options.get("mode"), "profile": profile or options.get("profile")}
    return parts.get("resource", nothing).child("resource").value, said


def _beyond(said: Mapping[str, Any]) -> list[Issue]:
    """What is asked and cannot be judged here."""
    mode, profile = said.get("mode"), said.get("profile")
    found = []
    if mode not in (None, *MODES):
        found.append(Issue("not-supported", "Orders are only created here: mode create or profile."))
    if mode == "profile" and not profile:
        found.append(Issue("required", "Say which profile."))
    if profile is not None and profile not in (f"{PROFILES}ServiceRequest", f"{PROFILES}Bundle"):
        found.append(Issue("not-supported", "This profile is not known here; only FHIR's own definitions are checked."))
    return found
