"""The audit trail only grows, and its chain shows whatever was done to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.chassis import audit, chain
from services.chassis.audit_commands import audit as commands
from services.chassis.chain import Fault, Head
from services.chassis.ids import new_id
from services.chassis.runtime import Runtime
from tests.chassis.facts import rows, value, wait_until


def act(running: Runtime, count: int = 1) -> None:
    with running.sessions.begin() as session:
        audit.record_all(session, "visit_seen", "visit", [new_id() for _ in range(count)], number=1.10, name=None)


def checked(running: Runtime, kept: Head | None = None) -> int | Fault:
    with running.sessions.begin() as session:
        return list(chain.check(session, kept))[-1]


def tamper(running: Runtime, statement: str) -> None:
    """As somebody with every right on the database can."""
    with running.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


@pytest.fixture
def chained(booking: Runtime) -> Runtime:
    act(booking, 20)
    assert chain.go_on(booking.sessions) == 20
    return booking


def test_what_was_committed_is_chained_and_holds(chained: Runtime) -> None:
    act(chained, 3)
    assert checked(chained) == 20
    assert chain.go_on(chained.sessions) == 3
    assert (checked(chained), chain.go_on(chained.sessions)) == (23, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody'",
        "UPDATE audit SET number = number + 100",
        "UPDATE audit SET hash = NULL, number = NULL",
        "DELETE FROM audit",
        "TRUNCATE audit",
    ],
)
def test_the_service_itself_can_change_nothing(chained: Runtime, statement: str) -> None:
    with pytest.raises(DBAPIError, match="stays as it is"), chained.engine.begin() as connection:
        connection.execute(text(statement))
    assert checked(chained) == 20


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE number = 7", Fault("changed", 7, 7)),
        ("UPDATE audit SET at = at + interval '1 us' WHERE number = 7", Fault("changed", 7, 7)),
        ("""UPDATE audit SET facts = '{"name": null, "number": 1.100}' WHERE number = 7""", Fault("changed", 7, 7)),
        ("UPDATE audit SET request_id = '' WHERE number = 7", Fault("changed", 7, 7)),
        ("UPDATE audit SET object_type = act, act = object_type WHERE number = 7", Fault("changed", 7, 7)),
        ("DELETE FROM audit WHERE number = 7", Fault("missing", 7)),
        ("DELETE FROM audit WHERE number = 1", Fault("missing", 1)),
        (
            "DELETE FROM audit WHERE number = 7; UPDATE audit SET number = number - 100 WHERE number > 7;"
            " UPDATE audit SET number = number + 99 WHERE number < 0",
            Fault("changed", 7, 8),
        ),
        (
            "UPDATE audit SET number = -7 WHERE number = 7; UPDATE audit SET number = 7 WHERE number = 8;"
            " UPDATE audit SET number = 8 WHERE number = -7",
            Fault("changed", 7, 8),
        ),
        (
            "UPDATE audit SET number = -number - 1 WHERE number > 7;"
            " UPDATE audit SET number = -number WHERE number < 0;"
            " INSERT INTO audit (actor, role, act, object_type, object_id, number, hash)"
            " SELECT 'somebody', '', 'visit_seen', 'visit', '', 8, hash FROM audit WHERE number = 7",
            Fault("changed", 8, 21),
        ),
    ],
)
def test_whatever_was_changed_deleted_reordered_or_put_between_is_found(
    chained: Runtime, statement: str, fault: Fault
) -> None:
    tamper(chained, statement)
    assert checked(chained) == fault


def test_rows_that_were_cut_off_are_found_against_the_end_that_was_kept(chained: Runtime) -> None:
    with chained.sessions.begin() as session:
        kept = chain.head(session)
    act(chained, 2)
    chain.go_on(chained.sessions)
    assert checked(chained, kept) == 22
    tamper(chained, "DELETE FROM audit WHERE number > 18")
    assert checked(chained) == 18
    assert checked(chained, kept) == Fault("cut_off", 19)


def test_a_chain_that_was_made_anew_ends_otherwise_than_the_end_that_was_kept(chained: Runtime) -> None:
    with chained.sessions.begin() as session:
        kept = chain.head(session)
    tamper(chained, "UPDATE audit SET actor = 'somebody' WHERE number = 7")
    tamper(chained, "UPDATE audit SET number = NULL, hash = NULL")
    chain.go_on(chained.sessions)
    assert checked(chained) == 20
    assert checked(chained, kept) == Fault("other_end", 20, 20)


def test_a_row_that_is_committed_late_is_chained_late_and_nobody_waits_for_it(booking: Runtime) -> None:
    with booking.sessions() as slow:
        audit.record(slow, "visit_seen", "visit", "slow")
        act(booking, 2)
        assert chain.go_on(booking.sessions) == 2
        slow.commit()
    assert chain.go_on(booking.sessions) == 1
    assert checked(booking) == 3
    assert [row.object_id == "slow" for row in rows(booking, "SELECT * FROM audit ORDER BY number")][-1]


def test_replicas_chain_each_row_once_while_rows_come_in(booking: Runtime) -> None:
    def in_thread(work: Callable[[], Any]) -> threading.Thread:
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    writers = [in_thread(lambda: [act(booking, 5) for _ in range(40)]) for _ in range(3)]
    while any(writer.is_alive() for writer in writers):
        replicas = [in_thread(lambda: chain.go_on(booking.sessions)) for _ in range(3)]
        [thread.join() for thread in replicas]
    wait_until(lambda: chain.go_on(booking.sessions) == 0, what="an end")
    assert value(booking, "SELECT count(*) FROM audit WHERE number IS NULL") == 0
    assert checked(booking) == 600


def test_the_command_names_the_first_bad_row_and_fails(chained: Runtime, tmp_path: Any) -> None:
    environment = {"BOOKING_DATABASE_URL": chained.settings.database_url}
    said = CliRunner().invoke(commands, ["head", "booking"], env=environment)
    assert json.loads(said.output)["number"] == 20
    kept = tmp_path / "head.json"
    kept.write_text(said.output)

    act(chained)
    well = CliRunner().invoke(commands, ["verify", "booking", "--against", str(kept)], env=environment)
    assert (well.exit_code, well.output.strip()) == (0, "booking: 20 rows hold, 1 not chained yet")

    tamper(chained, "UPDATE audit SET act = 'nothing' WHERE number = 5")
    bad = CliRunner().invoke(commands, ["verify", "booking"], env=environment)
    assert bad.exit_code == 1
    assert "row 5 (number 5) is not as it was written" in bad.output

    tamper(chained, "DELETE FROM audit WHERE number >= 5")
    cut = CliRunner().invoke(commands, ["verify", "booking", "--against", str(kept)], env=environment)
    assert cut.exit_code == 1
    assert "ends before number 5" in cut.output
