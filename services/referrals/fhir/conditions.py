"""FHIR's conditional create: an order that is there already is not made again."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import request
from sqlalchemy.orm import Session

from services.chassis.fhir import FhirRefused, Issue
from services.chassis.refusals import NotFound
from services.referrals.fhir.elements import Element
from services.referrals.fhir.finding import by_identifier
from services.referrals.models import Referral


def there_already(session: Session, condition: Element) -> Referral | None:
    """What the header describes, or the `condition` that a transaction has for its order. Raises `FhirRefused`."""
    header = Element(request.headers.get("If-None-Exist"), "http.If-None-Exist")
    asked = condition if condition.value else header
    if not asked.value:
        return None
    try:
        pairs = parse_qsl(str(asked.value).lstrip("?"), strict_parsing=True, max_num_fields=5, errors="strict")
    except ValueError:
        pairs = []
    if [name for name, _ in pairs] != ["identifier"]:
        text = "What is not to exist can be named by identifier: system|value."
        raise FhirRefused(412, [Issue("not-supported", text, asked.path)])
    try:
        return by_identifier(session, pairs[0][1])
    except NotFound:
        return None
