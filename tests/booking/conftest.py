"""Booking on a real PostgreSQL, at a moment the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import Row, text
from werkzeug.test import TestResponse

from services.booking.api import app_for
from services.booking.orders.take_order import take_order
from services.booking.settings import Settings, vault
from services.chassis import events, identity
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from services.contracts.event import Event
from tests.booking.practice_day import MONDAY, accepted, clinic


@pytest.fixture(scope="session")
def signing_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def app(migrated: Callable[[str], str], signing_key: Ed25519PrivateKey) -> Iterator[Flask]:
    public = signing_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    settings = Settings(
        database_url=migrated("booking"),
        database_pool=20,
        amqp_url="amqp://nobody@127.0.0.1:1//",
        identity_public_key=public.decode(),
        seal_keys=(Fernet.generate_key().decode(),),
        clock_movable=True,
        lookup_key=b"a key that only the tests know of",
    )
    made = app_for(settings)
    yield made
    made.extensions["fascia"].engine.dispose()


class House:
    """The booking service as the desk, a therapist, or an event meets it."""

    def __init__(self, app: Flask, private_key: str) -> None:
        self.app = app
        self.running: Runtime = app.extensions["fascia"]
        self.private_key = private_key

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        role: str = "desk",
        key: str | None = None,
        seen: str | None = None,
    ) -> TestResponse:
        """`seen` is the ETag of the version that the caller has seen."""
        token = identity.mint(self.private_key, f"a-{role}", (role,), audience="booking")
        headers = {"Authorization": f"Bearer {token}", **({"Idempotency-Key": key} if key else {})}
        headers |= {"If-Match": seen} if seen else {}
        return self.app.test_client().open(f"/api/booking{path}", method=method, json=body, headers=headers)

    def get(self, path: str, role: str = "desk") -> Any:
        answer = self.ask("GET", path, role=role)
        assert answer.status_code == 200, answer.text
        return answer.json

    def load(self, **changes: Any) -> dict[str, Any]:
        answer = self.ask("PUT", "/clinic", clinic(**changes), role="admin")
        assert answer.status_code == 200, answer.text
        assert answer.json is not None
        return dict(answer.json)

    def order(self, **terms: Any) -> str:
        """An order as an accepted referral makes it; its id."""
        event = accepted(**terms)
        with self.running.sessions.begin() as session:
            take_order(session, self.running.outbox, vault(self.running), event)
        orders = self.get(f"/orders?referral_id={event.referral_id}")
        return str(orders[0]["id"])

    def book(self, order_id: str, *visits: dict[str, Any], key: str | None = None) -> TestResponse:
        body = {"order_id": order_id, "visits": visits}
        return self.ask("POST", "/series", body, key=key or str(uuid4()))

    def plan(self, order_id: str, **wish: Any) -> TestResponse:
        return self.ask("POST", "/plans", {"order_id": order_id, **wish})

    def receive(self, event: Event, handle: Any, event_id: Any = None) -> None:
        """An event arrives, through the inbox."""
        sealed = events.encode(event, self.running.seal, event_id=event_id or new_id(), at=MONDAY, trace=None)
        self.running.inbox.take(sealed, handle)

    def rows(self, query: str, **values: Any) -> list[Row[Any]]:
        with self.running.sessions.begin() as session:
            return list(session.execute(text(query), values).all())

    def empty(self) -> None:
        with self.running.sessions.begin() as session:
            session.execute(
                text(
                    "SET LOCAL session_replication_role = replica; "
                    "TRUNCATE clinic, locations, resources, closures, endings, outbox, inbox, audit, idempotency,"
                    " erased, demo_clock CASCADE"
                )
            )

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def announced(self) -> list[Any]:
        """The events in the outbox, opened."""
        bodies = self.rows("SELECT body FROM outbox ORDER BY id")
        return [events.open_event(events.decode(body), self.running.seal) for (body,) in bodies]

    def move_to(self, instant: datetime) -> None:
        with self.running.sessions.begin() as session:
            session.execute(
                text(
                    "INSERT INTO demo_clock (ahead) VALUES (:now - clock_timestamp())"
                    " ON CONFLICT (id) DO UPDATE SET ahead = excluded.ahead"
                ),
                {"now": instant},
            )


@pytest.fixture
def house(app: Flask, signing_key: Ed25519PrivateKey) -> House:
    """Everything empty, on Monday morning."""
    pem = signing_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    house = House(app, pem.decode())
    house.empty()
    house.move_to(MONDAY)
    return house
