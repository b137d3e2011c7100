"""What `docker/databases.sh` sets up: services write rows, and cannot switch off what protects them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from services.chassis import audit, chain, database
from services.local.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("referrals", "booking", "notify", "web")


@pytest.fixture(scope="module")
def roles(local_folder: Path, make_secrets: ModuleType) -> Iterator[Callable[[str], str]]:
    """The addresses that the containers are given, of databases that were made and migrated as docker-compose does."""
    secrets = local_folder / "roles-secrets"
    secrets.mkdir()
    make_secrets.complete(secrets)
    with Postgres(local_folder / "roles", databases=(), durable=False) as server:
        environment = {
            **{"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGPASSWORD": server._password},
            **{"POSTGRES_USER": "fascia", "SECRETS": str(secrets)},
            "PATH": f"{Path(server._program('psql')).parent}:{os.defpath}",
        }
        done = subprocess.run(
            ["bash", ROOT / "docker" / "databases.sh"], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

        def address(name: str) -> str:
            kept = (secrets / f"{name}_database_url").read_text()
            return kept.replace("postgres:5432", f"127.0.0.1:{server.port}")

        for service in SERVICES:
            database.migrate(service, address(f"{service}_owner"))
        yield address


@pytest.fixture
def booking(roles: Callable[[str], str]) -> Iterator[Engine]:
    """As the service has it."""
    engine = database.connect(roles("booking"), pool=2)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_read_and_write_every_row_and_own_nothing(roles: Callable[[str], str], service: str) -> None:
    engine = database.connect(roles(service), pool=1)
    tables = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    with engine.begin() as connection:
        may = f"SELECT t, has_table_privilege(t, 'SELECT, INSERT, UPDATE, DELETE') FROM ({tables}) AS found(t)"
        assert [table for table, allowed in connection.execute(text(may)) if not allowed] == []
        owned = "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        assert connection.scalar(text(owned)) == 0
        powers = "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles"
        assert connection.scalar(text(f"{powers} WHERE rolname = current_user")) is False
    engine.dispose()


def test_what_a_service_does_is_noted_in_a_chain_all_the_same(booking: Engine) -> None:
    with database.sessions(booking).begin() as session:
        audit.record_all(session, "visit_seen", "visit", ["one", "two"])
    with database.sessions(booking).begin() as session:
        assert list(chain.check(session))[-1] == sum(last for last, _ in chain.ends(session).values()) >= 2


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit DISABLE TRIGGER audit_stays",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TRIGGER audit_goes_on ON audit",
        "DROP TABLE audit",
        "CREATE OR REPLACE FUNCTION audit_hash(before bytea, row_ audit) RETURNS bytea LANGUAGE sql AS 'SELECT before'",
        "CREATE TRIGGER mine BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays()",
        "UPDATE audit SET actor = 'somebody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_chains SET number = 0",
        "DELETE FROM audit_chains",
        "INSERT INTO audit_chains VALUES (9, 1, '')",
    ],
)
def test_a_service_cannot_touch_the_trail(booking: Engine, statement: str) -> None:
    with database.sessions(booking).begin() as session:
        audit.record(session, "visit_seen", "visit", "one")
    with pytest.raises(DBAPIError) as refused, booking.begin() as connection:
        connection.execute(text(statement))
    assert refused.value.orig.pgcode == "42501", "insufficient_privilege"  # type: ignore[union-attr]


def test_one_service_cannot_enter_the_database_of_another(roles: Callable[[str], str]) -> None:
    other = roles("booking").rsplit("/", 1)[0] + "/notify"
    engine = database.connect(other, pool=1)
    with pytest.raises(DBAPIError, match="permission denied"), engine.connect():
        pass
    engine.dispose()
