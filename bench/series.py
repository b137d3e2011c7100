"""Booking a series of eight visits over HTTP, through the door, beside a plain nameko service that checks, inserts and
dispatches an event a visit."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests

from bench.referral import referral
from services.local import ports
from services.local.stack import Stack
from services.local.story.client import Door, wait_for
from services.local.story.story import load_example_clinic

SERIES = 40


def measure(stack: Stack, token: str) -> dict[str, float]:
    door = Door(stack.url, token)
    load_example_clinic(door)
    planned = [_planned(door, _order(door, number)) for number in range(SERIES)]
    return {
        "plan_over_http_ms_p50": statistics.median(ms for _, ms in planned),
        "book_series_ms_p50": statistics.median(_book(door, *order) for order in _bookable(door, planned)),
        "book_series_ms_p50_plain": statistics.median(_plain(stack)),
    }


def _order(door: Door, number: int) -> Any:
    taken = door.post("/api/referrals", referral(number))
    door.post(f"/api/referrals/{taken['id']}/accept", {})
    return wait_for("the order", lambda: door.get("/api/booking/orders", referral_id=taken["id"]))[0]


def _planned(door: Door, order: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    door.post("/api/booking/plans", {"order_id": order["id"]})
    return order, (time.perf_counter() - began) * 1000


def _bookable(door: Door, planned: list[tuple[Any, float]]) -> Any:
    """Each order with a series that is free now: the series before it is booked by then."""
    for order, _ in planned:
        yield order, door.post("/api/booking/plans", {"order_id": order["id"]})["visits"]


def _book(door: Door, order: Any, visits: list[dict[str, Any]]) -> float:
    wanted = [{name: visit[name] for name in ("start_at", "therapist", "room")} for visit in visits]
    began = time.perf_counter()
    door.post("/api/booking/series", {"order_id": order["id"], "visits": wanted}, key=str(uuid4()))
    return (time.perf_counter() - began) * 1000


def _plain(stack: Stack) -> list[float]:
    [port] = ports.free(1)
    database = stack.postgres.url("fascia_bench_plain")
    stack.postgres.create_database("fascia_bench_plain")
    argv = [sys.executable, "-m", "bench.plain_booking", str(port), database, stack.broker.add_vhost("bench-plain")]
    process = subprocess.Popen(argv)
    try:
        session = requests.Session()
        wait_for("the plain service", lambda: _alive(port))
        return [_book_plainly(session, port, number) for number in range(SERIES)]
    finally:
        process.terminate()
        process.wait(10)
        stack.postgres.drop_database("fascia_bench_plain")


def _alive(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=2).ok
    except requests.ConnectionError:
        return False


def _book_plainly(session: requests.Session, port: int, number: int) -> float:
    first = datetime(2027, 1, 4, 9, tzinfo=UTC) + timedelta(hours=number)
    visits = [
        {"start_at": (first + timedelta(days=day * 3)).isoformat(), "therapist": number, "room": 1} for day in range(8)
    ]
    began = time.perf_counter()
    answer = session.post(f"http://127.0.0.1:{port}/series", json={"visits": visits}, timeout=30)
    answer.raise_for_status()
    return (time.perf_counter() - began) * 1000
