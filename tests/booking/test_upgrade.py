"""A practice that has been running on the first tables goes on with the newest ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import services.booking
from services.booking.orders.recount import recount
from services.chassis import database

ORDER = "00000000-0000-7000-8000-00000000000a"
AT_HOME = "00000000-0000-7000-8000-00000000000b"

FIRST = """
INSERT INTO clinic VALUES
    (gen_random_uuid(), 'Riverbend', 'America/New_York', '+12125550134', 'desk@riverbend.example', '48 Lane', 'en',
     '{}', 1);
INSERT INTO resources (kind, key) VALUES ('therapist', 'amara'), ('room', 'willow'), ('patient', 'one');
INSERT INTO therapists VALUES (1, 'amara', 'Amara', 'NY', '027431-01', '2029-08-31', '{swedish}', '{en}', 15, true);
INSERT INTO rooms VALUES (2, 'willow', 'Willow', true);
INSERT INTO orders SELECT id, gen_random_uuid(), 'R-1', gen_random_uuid(), 3, 1, 8, 2, 7, 45, '2027-02-26', NULL,
                          '2027-05-15', '{swedish}', home_visit, NULL, '2027-02-26 15:00Z'
                     FROM (VALUES (CAST(:order AS uuid), false), (CAST(:at_home AS uuid), true)) AS o(id, home_visit);
INSERT INTO series SELECT id, id, 4, 1, '2027-02-27 15:00Z', NULL FROM orders;
INSERT INTO sessions
    SELECT gen_random_uuid(), :order, number, status, version, begins, begins + interval '45 minutes', 1, 2, completed
      FROM (VALUES (1, 'completed', 2, timestamptz '2027-03-02 14:00Z', timestamptz '2027-03-02 15:00Z'),
                   (2, 'completed', 3, '2027-03-04 14:00Z', '2027-03-04 15:00Z'),
                   (3, 'confirmed', 2, '2027-03-09 14:00Z', NULL),
                   (4, 'booked', 1, '2027-03-11 14:00Z', NULL)) AS s(number, status, version, begins, completed);
INSERT INTO claims
    SELECT id, resource, tstzrange(starts_at, ends_at + CASE resource WHEN 3 THEN 0 ELSE 15 END * interval '1 minute')
      FROM sessions, (VALUES (1), (2), (3)) AS r(resource);
INSERT INTO ledger (order_id, session_id, act, at) SELECT series_id, id, 'reserved', '2027-02-27 15:00Z' FROM sessions;
INSERT INTO ledger (order_id, session_id, act, at)
    SELECT series_id, id, 'consumed', completed_at FROM sessions WHERE status = 'completed';
INSERT INTO session_notes
    SELECT id, 7, 4, 2, '{swedish}', 'words', completed_at FROM sessions WHERE status = 'completed' AND number = 1;
UPDATE orders SET pressure_ceiling = 3 WHERE NOT home_visit;
"""


@pytest.fixture(scope="module")
def upgraded(database_url: Callable[[str], str]) -> Iterator[Engine]:
    """Of the first tables, filled as the first version of booking filled them."""
    url = database_url("booking")
    engine = database.connect(url, pool=1)
    config = Config()
    config.set_main_option("script_location", str(Path(services.booking.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(FIRST), {"order": ORDER, "at_home": AT_HOME})
    database.migrate("booking", url)
    yield engine
    engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_ledgers_agree_with_the_history(upgraded: Engine) -> None:
    with Session(upgraded) as session:
        found = recount(session)
    assert (found.differences, found.sessions, found.events) == ([], 4, 8)


def test_each_version_of_a_session_is_in_its_history(upgraded: Engine) -> None:
    told = rows(
        upgraded,
        "SELECT number, h.version, event, data->>'status' FROM session_history AS h JOIN sessions ON id = session_id"
        " ORDER BY 1, 2",
    )
    assert told == [
        (1, 1, "session_booked", "booked"),
        (1, 2, "session_completed", "completed"),
        (2, 1, "session_booked", "booked"),
        (2, 2, "session_confirmed", "confirmed"),
        (2, 3, "session_completed", "completed"),
        (3, 1, "session_booked", "booked"),
        (3, 2, "session_confirmed", "confirmed"),
        (4, 1, "session_booked", "booked"),
    ]


def test_series_are_at_the_practice_or_at_home_as_they_were(upgraded: Engine) -> None:
    query = "SELECT order_id::text, locations.key FROM series LEFT JOIN locations ON location_id = locations.id"
    assert dict(rows(upgraded, query)) == {ORDER: "main", AT_HOME: None}


def test_what_was_noted_in_columns_is_in_the_document_that_is_to_be_sealed(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT clinical::jsonb FROM session_notes") == [
        (
            {
                **{"pain_before": 7, "pain_after": 4, "pressure": 2},
                **{"techniques": ["swedish"], "areas": [], "measures": []},
            },
        )
    ]
    assert rows(upgraded, "SELECT pressure_ceiling FROM orders ORDER BY 1") == [("3",), (None,)]
