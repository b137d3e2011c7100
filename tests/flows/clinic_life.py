"""What the flow tests do at the clinic's door, and what they look at behind it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import requests
from sqlalchemy import create_engine, text

from services.local.commands import make_token
from services.local.stack import Stack
from services.local.story.client import Door, wait_for
from services.local.story.story import load_example_clinic

T = TypeVar("T")


class ClinicLife:
    """The desk, the therapists and the physicians of a stack, over HTTP."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._token = make_token(stack, "admin")
        self.door = Door(stack.url, self._token)
        if self.door.get("/api/booking/clinic") is None:
            load_example_clinic(self.door)

    def refer(self, **said: Any) -> dict[str, Any]:
        """A new patient's referral."""
        now = datetime.fromisoformat(self.door.get("/api/booking/clock")["now"])
        tag = secrets.token_hex(4)
        contact = {"phone": "+12125550147", "email": f"p.{tag}@mail.example"}
        answer: dict[str, Any] = self.door.post(
            "/api/referrals",
            {
                "placer": {"number": tag},
                "patient": {"name": f"Patient {tag}", "born_on": "1980-02-03", **contact},
                "physician": {"name": f"Dr. {tag}", "npi": "1234567893", "email": f"dr.{tag}@practice.example"},
                "diagnoses": ["M54.50"],
                "visits": 4,
                "frequency": {"visits": 2},
                "session_minutes": 45,
                "issued_on": (now - timedelta(days=2)).date().isoformat(),
                **said,
            },
        )
        return answer

    def order(self, **said: Any) -> str:
        """The id of a new order, of an accepted referral."""
        referral = self.refer(**said)["id"]
        self.door.post(f"/api/referrals/{referral}/accept")
        orders = wait_for("the order", lambda: self.door.get("/api/booking/orders", referral_id=referral))
        return str(orders[0]["id"])

    def plan(self, order_id: str, **wish: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.door.post("/api/booking/plans", {"order_id": order_id, **wish})["visits"]
        return found

    def book(self, order_id: str, visits: list[dict[str, Any]], key: str | None = None) -> requests.Response:
        """Asked once, whatever is answered."""
        return requests.post(
            f"{self.stack.url}/api/booking/series",
            json={"order_id": order_id, "visits": visits},
            headers={"Authorization": f"Bearer {self._token}", "Idempotency-Key": key or str(uuid4())},
            timeout=30,
        )

    def readiness(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(f"{self.stack.setup.at(service)}/readyz", timeout=10).json()
        return found

    def rows(self, service: str, query: str) -> list[Any]:
        engine = create_engine(self.stack.postgres.url(f"fascia_{service}"))
        try:
            with engine.begin() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            engine.dispose()


def at_once(acts: list[Callable[[], T]]) -> list[T]:
    """All of them begin together; their results in order."""
    gate = threading.Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))
