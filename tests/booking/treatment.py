"""A series that is treated: orders with what is known of the patient, and notes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from werkzeug.test import TestResponse

from services.booking.orders.take_order import take_order
from services.booking.settings import vault
from tests.booking.conftest import House
from tests.booking.life import forget
from tests.booking.practice_day import accepted
from tests.booking.test_series import visit

NOTE = {"pain_before": 7, "pain_after": 5, "pressure": 2}
DAYS = ("03-02", "03-04", "03-09", "03-11", "03-16", "03-18")


def order_with(house: House, care: dict[str, Any] | None = None, **terms: Any) -> str:
    """An order, and what its referral told of the patient."""
    event = replace(accepted(**terms), care=json.dumps(care) if care is not None else None)
    with house.running.sessions.begin() as session:
        take_order(session, house.running.outbox, vault(house.running), event)
    return str(house.get(f"/orders?referral_id={event.referral_id}")[0]["id"])


def treat(house: House, visits: int = 2, care: dict[str, Any] | None = None, **terms: Any) -> dict[str, Any]:
    """A booked series on Tuesdays and Thursdays at nine, with nothing else in outbox and audit."""
    house.load()
    order_id = order_with(house, care, **{"visits": 6, **terms})
    answer = house.book(order_id, *(visit(house, f"{day} 09:00") for day in DAYS[:visits]))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    forget(house)
    return {**answer.json, "order_id": order_id, "ids": [each["id"] for each in answer.json["sessions"]]}


def complete(house: House, session_id: str, **note: Any) -> TestResponse:
    return house.ask("POST", f"/sessions/{session_id}/complete", {**NOTE, **note}, role="therapist")


def keep(house: House, series: dict[str, Any], place: int, **note: Any) -> None:
    """A visit of the series takes place, and its note is written."""
    go_to(house, series["sessions"][place])
    answer = complete(house, series["ids"][place], **note)
    assert answer.status_code == 200, answer.text


def go_to(house: House, session: dict[str, Any], minutes: int = 45) -> None:
    """To so many minutes after the beginning of a visit."""
    house.move_to(datetime.fromisoformat(session["starts_at"]) + timedelta(minutes=minutes))


def look(house: House, session_id: str, *findings: str, role: str = "therapist") -> TestResponse:
    return house.ask("POST", f"/sessions/{session_id}/check", {"findings": list(findings)}, role=role)


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def faults(answer: TestResponse) -> Any:
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    return answer.json["errors"]
