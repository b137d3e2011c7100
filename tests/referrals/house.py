"""The referrals service on a real database, people who send it referrals, and what they send."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import text

from services.chassis import identity
from services.chassis.runtime import Runtime
from services.referrals.api import app_for
from services.referrals.settings import Settings, vault

SAMPLES = Path(__file__).parents[1] / "samples" / "fhir"
STORY = Path(__file__).parents[2] / "services" / "local" / "story"
FHIR = "application/fhir+json"


def today() -> date:
    return datetime.now(UTC).astimezone(ZoneInfo("America/New_York")).date()


class Caller:
    """Somebody with a role, at the door of the service."""

    def __init__(self, app: Flask, private_key: str, role: str | None, name: str) -> None:
        self._client = app.test_client()
        self._key, self._role, self._name = private_key, role, name

    def _send(self, method: str, path: str, **options: Any) -> Any:
        headers = options.pop("headers", {})
        if self._role:
            token = identity.mint(self._key, self._name, (self._role,), audience="referrals")
            headers = {"Authorization": f"Bearer {token}", **headers}
        return self._client.open(f"/api/referrals{path}", method=method, headers=headers, **options)

    def get(self, path: str = "") -> Any:
        return self._send("GET", path)

    def post(self, path: str = "", document: Any = None) -> Any:
        return self._send("POST", path, json=document)

    def patch(self, path: str, document: Any) -> Any:
        return self._send("PATCH", path, json=document)

    def put(self, path: str, document: Any = None) -> Any:
        return self._send("PUT", path, json=document)

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)

    def post_bytes(self, path: str, body: bytes, content_type: str = "application/json") -> Any:
        return self._send("POST", path, data=body, content_type=content_type)

    def post_fhir(self, resource: Any) -> Any:
        return self.post_bytes("/fhir", json.dumps(resource).encode(), FHIR)


class House:
    """The running service with its people."""

    def __init__(self, url: str) -> None:
        key = Ed25519PrivateKey.generate()
        form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        self._private = key.private_bytes(*form).decode()
        shown = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        self.app = app_for(
            Settings(
                database_url=url,
                database_pool=20,
                amqp_url="amqp://nobody",
                identity_public_key=key.public_key().public_bytes(*shown).decode(),
                seal_keys=(Fernet.generate_key().decode(),),
                lookup_key=b"a key that only the tests know of",
            )
        )
        self.running: Runtime = self.app.extensions["fascia"]
        self.vault = vault(self.running)

    def caller(self, role: str | None, name: str = "tester") -> Caller:
        return Caller(self.app, self._private, role, name)

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.running.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def counts(self) -> dict[str, int]:
        tables = "patients", "physicians", "referrals", "placer_numbers", "outbox", "audit"
        counted = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        return dict(zip(tables, self.rows(f"SELECT {counted}")[0], strict=True))

    def told(self, kind: str, **facts: Any) -> list[dict[str, Any]]:
        """The data of the events of a type that have these facts, in their order."""
        bodies = [json.loads(row[0]) for row in self.rows("SELECT body FROM outbox ORDER BY id")]
        of_kind = [body["data"] for body in bodies if body["type"] == f"referrals.{kind}"]
        return [data for data in of_kind if data.items() >= facts.items()]

    def events(self, subject: str) -> list[tuple[str, dict[str, Any]]]:
        """(type, data) of the events recorded about a subject, in their order."""
        rows = self.rows("SELECT body FROM outbox ORDER BY id")
        bodies = [json.loads(row[0]) for row in rows]
        return [(body["type"], body["data"]) for body in bodies if body["subject"] == subject]


def a_referral(**changes: Any) -> dict[str, Any]:
    """A sound referral in JSON; a name like patient__phone reaches inside."""
    document: dict[str, Any] = {
        "placer": {"system": "https://orders.clinic.example", "number": uuid4().hex},
        "patient": {
            "name": f"Noor Vandersteen {uuid4().hex[:8]}",
            "born_on": "1979-10-05",
            "phone": "+1 415 555 0126",
            "email": "noor@mail.example",
            "text_consent": True,
        },
        "physician": {"name": "Dr. Ibe Castellano", "npi": "1234567893", "email": "castellano@clinic.example"},
        "diagnoses": ["M54.50"],
        "visits": 8,
        "frequency": {"visits": 2},
        "session_minutes": 45,
        "updates": "every_visit",
        "issued_on": today().isoformat(),
    }
    for path, value in changes.items():
        *outer, name = path.split("__")
        inner = document
        for step in outer:
            inner = inner[step]
        inner[name] = value
    return document


def a_bundle(tag: str | None = None) -> dict[str, Any]:
    """The bundle of the demo as a collection, as new: a number of its own, and dates that are right today."""
    bundle = {**a_transaction(), "type": "collection"}
    for entry in bundle["entry"]:
        del entry["request"]
    if tag:
        resource(bundle, "ServiceRequest")["identifier"][0]["value"] = tag
    return bundle


def a_transaction() -> dict[str, Any]:
    bundle: dict[str, Any] = json.loads((STORY / "referral-bundle.json").read_text())
    request = resource(bundle, "ServiceRequest")
    request["identifier"][0]["value"] = uuid4().hex
    request["authoredOn"] = today().isoformat()
    request["occurrenceTiming"]["repeat"]["boundsPeriod"] = {"end": (today() + timedelta(days=80)).isoformat()}
    return bundle


def a_service_request() -> dict[str, Any]:
    request: dict[str, Any] = json.loads((SAMPLES / "service-request.json").read_text())
    request["authoredOn"] = f"{today()}T00:30:00-05:00"
    request["identifier"][0]["value"] = uuid4().hex
    return request


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind
    )
    return found


def without(document: dict[str, Any], *path: str) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return changed
