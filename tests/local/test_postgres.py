import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from services.local import LocalError
from services.local.postgres import DATABASES, Postgres
from tests.local.waiting import eventually, left_in, open_folder, ordinary, supervising

UP_THEN_WAITS = """
import sys, time
from pathlib import Path
from services.local.postgres import Postgres
with Postgres(Path(sys.argv[1]), databases=["web"], durable=False) as postgres:
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@contextmanager
def closed_to_others(folder: Path) -> Iterator[Path]:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    yield closed
    for link in closed.rglob("elsewhere"):
        shutil.rmtree(link.readlink())


@contextmanager
def connected(url: str) -> Iterator[Any]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def ask(url: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def test_each_service_finds_a_database_and_what_it_wrote_is_there_the_next_time(folder: Path) -> None:
    with Postgres(folder) as postgres:
        for name in DATABASES:
            ask(postgres.url(name), "CREATE TABLE kept AS SELECT %s AS word", name)
    with Postgres(folder) as postgres:
        assert [ask(postgres.url(name), "SELECT word FROM kept") for name in DATABASES] == [
            [(name,)] for name in DATABASES
        ]
    assert left_in(folder) == []


def test_two_servers_run_beside_one_another(folder: Path, postgres: Postgres) -> None:
    with Postgres(folder, databases=["other"], durable=False) as second:
        assert second.port != postgres.port
        assert ask(second.url("other"), "SELECT 1") == [(1,)]


def test_it_keeps_away_from_the_port_of_a_system_wide_server(postgres: Postgres) -> None:
    assert postgres.port != 5432
    try:
        connections = psutil.Process(postgres.pid).net_connections()
    except psutil.AccessDenied:
        pytest.skip("root may not look at another user's sockets here, as in a container")
    listening = {at.laddr for at in connections if at.status == "LISTEN"}
    assert listening == {("127.0.0.1", postgres.port)}


def test_nobody_gets_in_without_the_password(postgres: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(host="127.0.0.1", port=postgres.port, user="fascia", password="fascia", dbname="postgres")


def test_the_password_is_readable_by_its_owner_only(folder: Path) -> None:
    with Postgres(folder, databases=(), durable=False):
        [password] = folder.rglob("password")
        assert password.stat().st_mode & 0o777 == 0o600


def test_the_log_keeps_silent_about_what_a_statement_held(
    postgres: Postgres, database_url: Callable[[str], str]
) -> None:
    url = database_url("quiet")
    ask(url, "CREATE TABLE patients (name text PRIMARY KEY)")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        ask(url, "INSERT INTO patients VALUES (%s), (%s)", "Canary Quill", "Canary Quill")
    with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
        ask(url, "SELECT %s::int", "Canary Quill")
    assert "Canary" not in (postgres.folder / "output").read_text()


def test_a_killed_server_starts_again_on_its_port_with_all_that_was_committed(folder: Path) -> None:
    with Postgres(folder, databases=["booking"]) as postgres:
        url = postgres.url("booking")
        ask(url, "CREATE TABLE kept AS SELECT 1 AS one")
        postgres.kill()
        postgres.start()
        assert ask(url, "SELECT one FROM kept") == [(1,)]


def test_a_restart_sends_waiting_clients_away(folder: Path) -> None:
    with Postgres(folder, databases=["web"], durable=False) as postgres, connected(postgres.url("web")) as client:
        postgres.restart()
        with pytest.raises(psycopg2.OperationalError):
            client.cursor().execute("SELECT 1")


def test_nothing_outlives_a_supervisor_killed_with_kill_9(folder: Path) -> None:
    with supervising(UP_THEN_WAITS, folder) as supervisor:
        assert left_in(folder)
        supervisor.kill()
        eventually(lambda: left_in(folder) == [])
    with Postgres(folder, databases=["web"], durable=False) as again:
        assert ask(again.url("web"), "SELECT 1") == [(1,)]


def test_it_runs_as_an_ordinary_user(folder: Path) -> None:
    with supervising(UP_THEN_WAITS, folder, **ordinary()) as supervisor:
        supervisor.terminate()
        eventually(lambda: left_in(folder) == [])


def test_below_a_folder_closed_to_others_it_opens_nothing_and_still_runs(folder: Path) -> None:
    with closed_to_others(folder) as closed:
        with Postgres(closed / "postgres", databases=["web"], durable=False) as postgres:
            ask(postgres.url("web"), "CREATE TABLE kept AS SELECT 1 AS one")
        assert closed.stat().st_mode & 0o777 == 0o700
        with Postgres(closed / "postgres", databases=["web"], durable=False) as postgres:
            assert ask(postgres.url("web"), "SELECT one FROM kept") == [(1,)]


def test_a_new_folder_of_the_same_name_starts_with_an_empty_database(folder: Path) -> None:
    with closed_to_others(folder) as closed:
        with Postgres(closed / "postgres", databases=["web"], durable=False) as postgres:
            ask(postgres.url("web"), "CREATE TABLE kept AS SELECT 1 AS one")
        shutil.rmtree(closed / "postgres")
        with Postgres(closed / "postgres", databases=["web"], durable=False) as postgres:
            with pytest.raises(psycopg2.errors.UndefinedTable):
                ask(postgres.url("web"), "SELECT one FROM kept")


def test_a_folder_in_use_is_refused_and_the_running_server_goes_on(postgres: Postgres, database_url: Any) -> None:
    with pytest.raises(LocalError, match="in use by process"), Postgres(postgres.folder):
        pass
    assert ask(database_url("still"), "SELECT 1") == [(1,)]


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(folder: Path) -> None:
    with Postgres(folder, databases=(), durable=False) as postgres:
        postgres.pause()
        with socket.socket() as somebody:
            # connections that have just ended do not keep the port
            somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            somebody.bind(("127.0.0.1", postgres.port))
            somebody.listen()
            with pytest.raises(LocalError, match="Address already in use"):
                postgres.start()
    assert left_in(folder) == []


def test_a_copied_database_has_what_its_template_had(postgres: Postgres, database_url: Callable[[str], str]) -> None:
    url = database_url("original")
    ask(url, "CREATE TABLE kept AS SELECT 1 AS one")
    copy = postgres.create_database("copied", template=url.rsplit("/", 1)[1])
    assert ask(copy, "SELECT one FROM kept") == [(1,)]
    postgres.drop_database("copied")
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        ask(copy, "SELECT 1")


def test_every_test_that_asks_gets_a_migrated_database_of_its_own(migrated: Callable[[str], str]) -> None:
    one, other = migrated("web"), migrated("web")
    ask(one, "CREATE TABLE mine ()")
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    assert ("alembic_version",) in ask(other, tables)
    assert ("mine",) not in ask(other, tables)
