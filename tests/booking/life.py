"""A booked series, what can be done to its visits, and what must hold afterwards."""

from __future__ import annotations

from typing import Any

from werkzeug.test import TestResponse

from tests.booking.conftest import House
from tests.booking.test_series import visit

DAYS = ("03-02 09:00", "03-04 09:00", "03-09 09:00")
"""Tuesday, Thursday, and the Tuesday after."""

CLAIMED_WRONGLY = """
    SELECT count(*) FROM sessions LEFT JOIN
           (SELECT session_id, count(*) AS claims FROM claims GROUP BY session_id) AS taken ON session_id = sessions.id
     WHERE coalesce(claims, 0) <> CASE WHEN status IN ('held', 'booked', 'confirmed', 'arrived', 'completed')
                                       THEN 3 ELSE 0 END"""


def booked(house: House, *days: str, order: str | None = None, **terms: Any) -> dict[str, Any]:
    """A series with Amara in Willow, and nothing else told or written down."""
    order_id = order or house.order(**{"visits": 6, **terms})
    answer = house.book(order_id, *(visit(house, day) for day in days or DAYS))
    assert answer.status_code == 201, answer.text
    forget(house)
    body = dict(answer.json or {})
    return {**body, "order_id": order_id, "ids": [each["id"] for each in body["sessions"]]}


def forget(house: House) -> None:
    house.rows("DELETE FROM outbox RETURNING 1")
    house.rows("SET LOCAL session_replication_role = replica; DELETE FROM audit RETURNING 1")


def absent(house: House, resource: int, begins: str, ends: str) -> None:
    """As the desk enters it."""
    house.rows(
        "INSERT INTO absences (id, resource_id, during, reason, entered_at)"
        " VALUES (gen_random_uuid(), :resource, tstzrange(CAST(:begins AS timestamptz), CAST(:ends AS timestamptz)),"
        " 'vacation', now()) RETURNING 1",
        resource=resource,
        begins=begins,
        ends=ends,
    )


def act(
    house: House, session_id: str, what: str, role: str = "desk", seen: str | None = None, **body: Any
) -> TestResponse:
    return house.ask("POST", f"/sessions/{session_id}/{what}", body or None, role=role, seen=seen)


def done(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json or {})


def refused(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("code", "")


def facts(answer: TestResponse) -> dict[str, Any]:
    return dict((answer.json or {})["errors"])


def told(house: House) -> list[str]:
    return [type(event).__name__ for event in house.announced()]


def ledger(house: House, order_id: str) -> tuple[int, int, int, int]:
    """Reserved, consumed, forfeited, remaining."""
    found = house.get(f"/orders/{order_id}/ledger")["balance"]
    return found["reserved"], found["consumed"], found["forfeited"], found["remaining"]


def starts(house: House, series_id: str) -> list[str]:
    """Of the visits that stand, by number, as the wall clock shows them."""
    rows = house.rows(
        "SELECT to_char(starts_at AT TIME ZONE 'America/New_York', 'MM-DD HH24:MI') FROM sessions"
        " WHERE series_id = CAST(:series AS uuid) AND status <> 'cancelled' ORDER BY number",
        series=series_id,
    )
    return [start for (start,) in rows]


def claims_are_right(house: House) -> bool:
    return house.rows(CLAIMED_WRONGLY) == [(0,)]
