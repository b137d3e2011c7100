"""The audit trail only grows, and its chains show whatever was done to it, from the moment it was written."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.chassis import audit, chain
from services.chassis.audit_commands import audit as commands
from services.chassis.chain import Ends, Fault
from services.chassis.ids import new_id
from services.chassis.migrations import chassis_0002
from services.chassis.runtime import Runtime
from services.cli import main as fascia
from tests.chassis.facts import value


def act(running: Runtime, count: int = 1) -> None:
    with running.sessions.begin() as session:
        audit.record_all(session, "visit_seen", "visit", [new_id() for _ in range(count)], number=1.10, name=None)


def checked(running: Runtime, kept: Ends | None = None) -> int | Fault:
    with running.sessions.begin() as session:
        return list(chain.check(session, kept))[-1]


def ends(running: Runtime) -> Ends:
    with running.sessions.begin() as session:
        return chain.ends(session)


def tamper(running: Runtime, statement: str) -> None:
    """As somebody with every right on the database can."""
    with running.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement))


@pytest.fixture
def chained(booking: Runtime) -> Runtime:
    act(booking, 20)
    return booking


def test_what_was_committed_is_chained_at_once(chained: Runtime) -> None:
    assert checked(chained) == 20
    act(chained, 3)
    assert (checked(chained), list(ends(chained)), ends(chained)[1][0]) == (23, [1], 23)


def test_what_was_rolled_back_leaves_no_gap(chained: Runtime) -> None:
    with chained.sessions() as session:
        audit.record(session, "visit_seen", "visit", "undone")
        session.rollback()
    with chained.sessions.begin() as session:
        audit.record(session, "visit_seen", "visit", "before")
        with session.begin_nested() as savepoint:
            audit.record_all(session, "visit_seen", "visit", ["undone", "undone too"])
            savepoint.rollback()
        audit.record(session, "visit_seen", "visit", "after")
    assert (checked(chained), ends(chained)[1][0]) == (22, 22)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody'",
        "UPDATE audit SET number = number + 100",
        "UPDATE audit SET hash = '', number = 0",
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
        ("UPDATE audit SET actor = 'somebody' WHERE number = 7", Fault("changed", 1, 7, 7)),
        ("UPDATE audit SET at = at + interval '1 us' WHERE number = 7", Fault("changed", 1, 7, 7)),
        (
            """UPDATE audit SET facts = '{"name": null, "number": 1.100}' WHERE number = 7""",
            Fault("changed", 1, 7, 7),
        ),
        ("UPDATE audit SET request_id = '' WHERE number = 7", Fault("changed", 1, 7, 7)),
        ("UPDATE audit SET object_type = act, act = object_type WHERE number = 7", Fault("changed", 1, 7, 7)),
        ("UPDATE audit SET chain = 2 WHERE number = 20", Fault("missing", 2, 1)),
        ("DELETE FROM audit WHERE number = 7", Fault("missing", 1, 7)),
        ("DELETE FROM audit WHERE number = 1", Fault("missing", 1, 1)),
        ("DELETE FROM audit WHERE number = 20", Fault("cut_off", 1, 20)),
        ("DELETE FROM audit WHERE number > 7", Fault("cut_off", 1, 20)),
        ("DELETE FROM audit", Fault("cut_off", 1, 20)),
        (
            "DELETE FROM audit WHERE number = 7; UPDATE audit SET number = number - 100 WHERE number > 7;"
            " UPDATE audit SET number = number + 99 WHERE number < 0",
            Fault("changed", 1, 7, 8),
        ),
        (
            "UPDATE audit SET number = -7 WHERE number = 7; UPDATE audit SET number = 7 WHERE number = 8;"
            " UPDATE audit SET number = 8 WHERE number = -7",
            Fault("changed", 1, 7, 8),
        ),
        (
            "UPDATE audit SET number = -number - 1 WHERE number > 7;"
            " UPDATE audit SET number = -number WHERE number < 0;"
            " INSERT INTO audit (actor, role, act, object_type, object_id, chain, number, hash)"
            " SELECT 'somebody', '', 'visit_seen', 'visit', '', 1, 8, hash FROM audit WHERE number = 7",
            Fault("changed", 1, 8, 21),
        ),
        (
            "INSERT INTO audit (actor, role, act, object_type, object_id, chain, number, hash)"
            " SELECT 'somebody', '', 'visit_seen', 'visit', '', 1, 21, hash FROM audit WHERE number = 7",
            Fault("changed", 1, 21, 21),
        ),
        (
            "ALTER TABLE audit ALTER chain DROP NOT NULL; INSERT INTO audit (actor, role, act, object_type,"
            " object_id, number, hash) VALUES ('somebody', '', 'visit_seen', 'visit', '', 1, '')",
            Fault("unchained", 0, 0, 21),
        ),
    ],
)
def test_whatever_was_changed_deleted_reordered_or_put_between_is_found(
    chained: Runtime, statement: str, fault: Fault
) -> None:
    tamper(chained, statement)
    assert checked(chained) == fault


def test_a_row_that_is_deleted_as_soon_as_it_is_written_is_missed(chained: Runtime) -> None:
    """Nothing has to happen first: no timer, no other process."""
    act(chained)
    tamper(chained, "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)")
    assert checked(chained) == Fault("cut_off", 1, 21)
    act(chained)
    assert checked(chained) == Fault("missing", 1, 21)


def test_rows_that_were_cut_off_with_the_chain_s_own_end_are_found_against_the_end_that_was_kept(
    chained: Runtime,
) -> None:
    kept = ends(chained)
    act(chained, 2)
    assert checked(chained, kept) == 22
    tamper(chained, "DELETE FROM audit WHERE number > 18")
    tamper(chained, "UPDATE audit_chains SET number = 18, hash = (SELECT hash FROM audit WHERE number = 18)")
    assert checked(chained) == 18
    assert checked(chained, kept) == Fault("cut_off", 1, 20)
    tamper(chained, "TRUNCATE audit; TRUNCATE audit_chains")
    assert (checked(chained), checked(chained, kept)) == (0, Fault("cut_off", 1, 20))


def test_a_chain_that_was_made_anew_ends_otherwise_than_the_end_that_was_kept(chained: Runtime) -> None:
    kept = ends(chained)
    tamper(
        chained,
        "CREATE TABLE copy AS SELECT * FROM audit ORDER BY id; TRUNCATE audit; TRUNCATE audit_chains;"
        " ALTER TABLE audit DISABLE TRIGGER audit_stays",
    )
    with chained.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO audit (id, at, actor, role, act, object_type, object_id, request_id, facts)"
                " OVERRIDING SYSTEM VALUE SELECT id, at, CASE id WHEN 7 THEN 'somebody' ELSE actor END,"
                " role, act, object_type, object_id, request_id, facts FROM copy"
            )
        )
    assert checked(chained) == 20
    assert checked(chained, kept) == Fault("other_end", 1, 20, 20)


def test_nobody_waits_for_a_transaction_that_takes_its_time(booking: Runtime) -> None:
    with booking.sessions() as slow:
        audit.record(slow, "visit_seen", "visit", "slow")
        act(booking, 2)
        assert checked(booking) == 2
        slow.commit()
    assert {number: last for number, (last, _) in ends(booking).items()} == {1: 1, 2: 2}
    assert checked(booking) == 3


def test_a_transaction_that_noted_nothing_yet_goes_on_from_what_others_noted_since(booking: Runtime) -> None:
    with booking.sessions() as first:
        first.execute(text("SELECT count(*) FROM audit"))
        act(booking, 2)
        audit.record(first, "visit_seen", "visit", "first")
        first.commit()
    assert (checked(booking), list(ends(booking))) == (3, [1])


def test_many_at_once_take_as_many_chains_and_every_row_is_in_one(booking: Runtime) -> None:
    def in_thread(work: Callable[[], Any]) -> threading.Thread:
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    writers = [in_thread(lambda: [act(booking, 5) for _ in range(40)]) for _ in range(6)]
    while any(writer.is_alive() for writer in writers):
        assert isinstance(checked(booking), int), "a look meanwhile finds nothing wrong"
    [writer.join() for writer in writers]
    assert checked(booking) == 1200
    assert len(ends(booking)) <= 6
    assert value(booking, "SELECT count(DISTINCT (chain, number)) FROM audit") == 1200


def test_the_trail_of_before_is_chained_when_the_tables_are_brought_up_to_date(booking: Runtime) -> None:
    act(booking, 5)
    drop = (
        "DROP TRIGGER audit_begins ON audit; DROP TRIGGER audit_goes_on ON audit; DROP TRIGGER audit_ends ON audit;"
        " DROP TRIGGER audit_stays ON audit; DROP TABLE audit_chains; DROP FUNCTION audit_hash, audit_begins,"
        " audit_goes_on, audit_ends, audit_stays, audit_chains_stay; ALTER TABLE audit DROP chain, DROP number,"
        " DROP hash"
    )
    with booking.engine.begin() as connection:
        connection.execute(text(drop))
        connection.exec_driver_sql(chassis_0002.AUDIT)
    booking.engine.dispose()
    act(booking, 2)
    assert (checked(booking), ends(booking)[1][0]) == (7, 7)


def test_the_command_names_the_first_bad_row_and_fails(chained: Runtime, tmp_path: Any) -> None:
    environment = {"BOOKING_DATABASE_URL": chained.settings.database_url}
    said = CliRunner().invoke(commands, ["head", "booking"], env=environment)
    assert json.loads(said.output)["chains"]["1"][0] == 20
    kept = tmp_path / "head.json"
    kept.write_text(said.output)

    act(chained)
    well = CliRunner().invoke(commands, ["verify", "booking", "--against", str(kept)], env=environment)
    assert (well.exit_code, well.output.strip()) == (0, "booking: 21 rows hold")

    tamper(chained, "UPDATE audit SET act = 'nothing' WHERE number = 5")
    bad = CliRunner().invoke(commands, ["verify", "booking"], env=environment)
    assert bad.exit_code == 1
    assert "row 5 (chain 1, number 5) is not as it was written" in bad.output

    tamper(chained, "DELETE FROM audit WHERE number >= 5")
    tamper(chained, "UPDATE audit_chains SET number = 4, hash = (SELECT hash FROM audit WHERE number = 4)")
    cut = CliRunner().invoke(commands, ["verify", "booking", "--against", str(kept)], env=environment)
    assert cut.exit_code == 1
    assert "chain 1 ends before number 20" in cut.output

    kept.write_text('{"service": "booking"}')
    other = CliRunner().invoke(commands, ["verify", "booking", "--against", str(kept)], env=environment)
    assert "is not what `fascia audit head` writes" in other.output


def test_a_container_asks_its_own_database_and_says_which_it_does_not_know(
    chained: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in ("REFERRALS", "NOTIFY"):
        monkeypatch.delenv(f"{service}_DATABASE_URL", raising=False)
    # An image has nothing that could run a stack.
    monkeypatch.setitem(sys.modules, "services.local.stack", None)
    environment = {"BOOKING_DATABASE_URL": chained.settings.database_url}
    said = CliRunner().invoke(fascia, ["audit", "verify"], env=environment)
    assert (said.exit_code, said.stdout.strip()) == (0, "booking: 20 rows hold")
    assert "notify: its database is not known here" in said.stderr

    monkeypatch.delenv("BOOKING_DATABASE_URL", raising=False)
    lost = CliRunner().invoke(fascia, ["audit", "verify"])
    assert lost.exit_code == 1
    assert "REFERRALS_DATABASE_URL is not set" in lost.output
