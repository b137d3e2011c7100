"""What the tests of the FHIR interface share: asking it, and checking what it says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from uuid import uuid4

from fhir.resources.R4B import get_fhir_model_class

from tests.referrals.house import FHIR, Caller, House, a_bundle, a_service_request, resource

__all__ = ["FHIR", "a_bundle", "a_service_request", "asked", "counted", "parsed", "resource", "sent"]


def parsed(answer: Any) -> dict[str, Any]:
    """The resource of an answer, which fhir.resources could read."""
    assert answer.content_type == FHIR, answer.content_type
    shown: dict[str, Any] = answer.json
    get_fhir_model_class(shown["resourceType"]).model_validate(shown)
    return shown


def asked(caller: Caller, path: str, **headers: str) -> Any:
    return caller._send("GET", f"/fhir/{path}", headers=headers)


def sent(caller: Caller, document: Any, path: str = "", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    address = f"/fhir/{path}" if path else "/fhir"
    return caller._send("POST", address, data=json.dumps(document).encode(), content_type=FHIR, headers=named)


def counted(house: House) -> dict[str, int]:
    """The rows of every table."""
    tables = _tables(house)
    together = ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    return dict(zip(tables, house.rows(f"SELECT {together}")[0], strict=True))


@cache
def _tables(house: House) -> tuple[str, ...]:
    names = house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return tuple(row[0] for row in names)


def fresh(document: dict[str, Any]) -> dict[str, Any]:
    """The same order under a number of its own."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    order = changed if changed["resourceType"] == "ServiceRequest" else resource(changed, "ServiceRequest")
    order["identifier"][0]["value"] = uuid4().hex
    return changed
