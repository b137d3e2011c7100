"""From the database to an answer: `POST /api/booking/plans` of a full clinic, as a client sees it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from uuid import UUID

from sqlalchemy import event

from bench.booking_api import Api, Desk, booking_api
from bench.full_clinic import Full, fill
from services.booking.plan_series import plan_series
from services.booking.practice.availability import Wish
from services.local.postgres import Postgres

REQUESTS, WARM_UP = 400, 20


def measure(postgres: Postgres, say: Callable[[str], None]) -> dict[str, float]:
    say(f"{REQUESTS} plans over HTTP in a clinic 70 % full")
    with booking_api(postgres) as api:
        clinic = fill(api.running)
        return {"plan_from_database_claims": clinic.claims, **_timed(api, clinic), **_counted(api, clinic.orders[0])}


def _timed(api: Api, clinic: Full) -> dict[str, float]:
    desk = Desk(api.port, api.private_key)
    found = sorted(
        [_milliseconds(desk, clinic.orders[number % len(clinic.orders)]) for number in range(REQUESTS + WARM_UP)][
            WARM_UP:
        ]
    )
    return {
        "plan_from_database_ms_p50": statistics.median(found),
        "plan_from_database_ms_p99": found[int(len(found) * 0.99) - 1],
    }


def _milliseconds(desk: Desk, order_id: UUID) -> float:
    began = time.perf_counter()
    status, content = desk.post("/plans", {"order_id": str(order_id)})
    took = (time.perf_counter() - began) * 1000
    assert status == 200, content
    return took


def _counted(api: Api, order_id: UUID) -> dict[str, float]:
    """The statements of one plan."""
    said: list[str] = []
    event.listen(api.running.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    with api.running.sessions.begin() as session:
        plan_series(session, order_id, Wish())
    return {"plan_from_database_statements": len(said)}
