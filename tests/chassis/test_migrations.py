import subprocess
import sys
import threading

import pytest
from sqlalchemy import inspect, text

from services.chassis import database
from services.chassis.tables import chassis
from tests.chassis.facts import rows, wait_until

SERVICES = ("referrals", "booking", "notify")


@pytest.fixture
def engine_for():
    made = []

    def connect(url):
        made.append(database.connect(url))
        return made[-1]

    yield connect
    for engine in made:
        engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_an_empty_database_gets_every_chassis_table_and_a_second_time_changes_nothing(
    service, database_url, engine_for
):
    url = database_url(service)
    for _ in range(2):
        database.migrate(service, url)
    assert set(chassis.tables) <= set(inspect(engine_for(url)).get_table_names())


def test_two_at_the_same_time_take_turns(database_url, engine_for):
    """Alembic keeps its context in module globals, so each migration is a process, as in life."""
    url = database_url("booking")
    code = "import sys; from services.chassis.database import migrate; migrate('booking', sys.argv[1])"
    both = [subprocess.Popen([sys.executable, "-c", code, url]) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert set(chassis.tables) <= set(inspect(engine_for(url)).get_table_names())


def test_a_migration_waits_for_the_one_that_is_under_way(database_url, engine_for):
    url = database_url("booking")
    engine = engine_for(url)
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": database._MIGRATION_LOCK})
        second = threading.Thread(target=database.migrate, args=("booking", url))
        second.start()
        wait_until(lambda: rows(engine, waits), 10, "waiting")
    second.join(30)
    assert "outbox" in inspect(engine).get_table_names()


def test_the_tables_in_code_have_the_columns_of_the_database(migrated, engine_for):
    engine = engine_for(migrated("notify"))
    for name, table in chassis.tables.items():
        found = {column["name"]: column for column in inspect(engine).get_columns(name)}
        assert set(found) == set(table.columns.keys())
        for column in table.columns:
            assert type(found[column.name]["type"].as_generic()) is type(column.type.as_generic())
