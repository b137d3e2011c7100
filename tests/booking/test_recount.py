"""The ledger is worked out again from the events, and whatever does not agree is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from werkzeug.serving import make_server

from services.booking.orders.recount import Recount, recount
from services.chassis import identity
from services.cli import main
from tests.booking.conftest import House
from tests.booking.test_series import visit


@pytest.fixture
def booked(house: House) -> list[str]:
    house.load()
    answer = house.book(house.order(), *(visit(house, f"03-{day} 09:00") for day in ("02", "04")))
    assert answer.status_code == 201, answer.text
    return [one["id"] for one in (answer.json or {})["sessions"]]


def count(house: House) -> Recount:
    with house.running.sessions.begin() as session:
        return recount(session)


def spoil(house: House, statement: str, **values: Any) -> None:
    """As no act of ours would: past the triggers that let some tables only grow."""
    with house.running.sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        assert session.execute(text(f"{statement} RETURNING 1"), values).all()


def found(house: House) -> list[str]:
    return [one["what"] for one in count(house).differences]


def test_what_was_booked_agrees(house: House, booked: list[str]) -> None:
    assert count(house) == Recount(orders=1, sessions=2, events=2, differences=[], next=None)


SPOILT: dict[str, tuple[str, list[str]]] = {
    "a visit reserved without an event": (
        "INSERT INTO ledger (order_id, session_id, version, act, at)"
        " SELECT order_id, session_id, 7, 'forfeited', at FROM ledger WHERE session_id = :id",
        ["entry", "balance"],
    ),
    "an entry that is lost": ("DELETE FROM ledger WHERE session_id = :id", ["balance"]),
    "an event that is lost": ("DELETE FROM session_history WHERE session_id = :id", ["versions", "entry", "balance"]),
    "a session changed behind our back": ("UPDATE sessions SET status = 'confirmed' WHERE id = :id", ["session"]),
    "a session moved behind our back": (
        "UPDATE sessions SET starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour'"
        " WHERE id = :id",
        ["session", "claims"],
    ),
    "a claim that is lost": ("DELETE FROM claims WHERE session_id = :id", ["claims"]),
    "a claim that is too short": (
        "UPDATE claims SET during = tstzrange(lower(during), lower(during) + interval '5 minutes')"
        " WHERE session_id = :id",
        ["claims"],
    ),
    "a cancelled session that still has its time": (
        "UPDATE sessions SET status = 'cancelled' WHERE id = :id",
        ["session", "claims"],
    ),
    "a version that nobody was told of": ("UPDATE sessions SET version = 2 WHERE id = :id", ["versions"]),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_does_not_agree_is_found(house: House, booked: list[str], how: str) -> None:
    statement, expected = SPOILT[how]
    spoil(house, statement, id=booked[0])
    assert found(house) == expected
    assert {one.get("session_id", booked[0]) for one in count(house).differences} == {booked[0]}


def test_orders_are_counted_in_parts(house: House, booked: list[str]) -> None:
    for _ in range(4):
        house.order()
    parts, after = [], None
    while not parts or after:
        query = f"/ledger/check?limit=2{f'&after={after}' if after else ''}"
        parts.append(house.get(query, role="admin"))
        after = parts[-1]["next"]
    assert [part["orders"] for part in parts] == [2, 2, 1]


def test_only_an_admin_checks_the_ledgers(house: House) -> None:
    assert house.ask("GET", "/ledger/check", role="desk").status_code == 403


def test_the_ledger_of_an_order_shows_its_balance_and_its_entries(house: House, booked: list[str]) -> None:
    (order,) = house.get("/orders")
    shown = house.get(f"/orders/{order['id']}/ledger")
    assert shown["balance"] == {"granted": 8, "reserved": 2, "consumed": 0, "forfeited": 0, "remaining": 6}
    assert [(one["session_id"], one["version"], one["act"]) for one in shown["entries"]] == [
        (session_id, 1, "reserved") for session_id in booked
    ]


@pytest.fixture
def fascia(house: House) -> Iterator[Callable[..., Result]]:
    """`fascia ledger check` against a server that answers."""
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()

    def run(role: str = "admin") -> Result:
        token = identity.mint(house.private_key, "tester", (role,), audience="booking")
        url = f"http://127.0.0.1:{server.server_port}"
        return CliRunner().invoke(main, ["ledger", "check", "--url", url, "--token", token])

    yield run
    server.shutdown()
    thread.join()


def test_the_command_says_that_everything_agrees(fascia: Callable[..., Result], booked: list[str]) -> None:
    result = fascia()
    assert result.exit_code == 0
    assert result.output.endswith("1 orders, 2 sessions, 2 events: no differences\n")


def test_the_command_lists_what_does_not_agree_and_fails(
    house: House, fascia: Callable[..., Result], booked: list[str]
) -> None:
    spoil(house, "DELETE FROM claims WHERE session_id = :id", id=booked[0])
    result = fascia()
    assert result.exit_code == 1
    assert "1 difference" in result.output
    assert booked[0][:8] in result.output


def test_the_command_needs_an_admin(fascia: Callable[..., Result]) -> None:
    result = fascia("desk")
    assert result.exit_code == 1
    assert "Error" in result.output
