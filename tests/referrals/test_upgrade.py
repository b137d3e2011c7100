"""A practice that has been running on the first tables goes on with the newest ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

import services.referrals
from services.chassis import database

OFFICES = "00000000-0000-7000-8000-00000000000a"
DESKS = "00000000-0000-7000-8000-00000000000b"

FIRST = """
INSERT INTO patients VALUES (gen_random_uuid(), 'key', 'sealed', 1);
INSERT INTO physicians VALUES (gen_random_uuid(), '1234567893', 'sealed', 1);
INSERT INTO referrals (id, patient_id, physician_id, status, version, received_at, received_from, issued_on,
                       valid_until, visits, frequency_visits, frequency_days, session_minutes, techniques, home_visit,
                       updates, clinical)
    SELECT r.id, patients.id, physicians.id, 'accepted', 2, now(), sender, '2027-03-01', '2027-05-30', 8, 2, 7, 45,
           '{}', false, 'none', 'sealed'
      FROM (VALUES (CAST(:office AS uuid), 'token:1'), (CAST(:desk AS uuid), 'token:2')) AS r (id, sender),
           patients, physicians;
INSERT INTO placer_numbers SELECT received_from, 'print', id FROM referrals;
INSERT INTO audit (actor, role, act, object_type, object_id)
    SELECT received_from, CASE received_from WHEN 'token:1' THEN 'physician' ELSE 'desk' END, 'referral_received',
           'referral', id::text FROM referrals;
INSERT INTO visits_kept SELECT gen_random_uuid(), :office, at
    FROM generate_series(timestamptz '2027-03-03 14:00Z', timestamptz '2027-03-05 14:00Z', interval '1 day') AS at;
"""


@pytest.fixture(scope="module")
def upgraded(database_url: Callable[[str], str]) -> Iterator[Engine]:
    """Of the first tables, filled as the first version of referrals filled them."""
    url = database_url("referrals")
    engine = database.connect(url, pool=1)
    config = Config()
    config.set_main_option("script_location", str(Path(services.referrals.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(FIRST), {"office": OFFICES, "desk": DESKS})
    database.migrate("referrals", url)
    yield engine
    engine.dispose()


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_number_belongs_to_the_office_that_sent_it_or_to_the_practice(upgraded: Engine) -> None:
    told = rows(upgraded, "SELECT referral_id::text, sender FROM placer_numbers ORDER BY 1")
    assert told == [(OFFICES, "token:1"), (DESKS, "")]


def test_the_first_visit_is_the_earliest_that_took_place(upgraded: Engine) -> None:
    told = rows(upgraded, "SELECT id::text, first_visit_at::date::text FROM referrals ORDER BY 1")
    assert told == [(OFFICES, "2027-03-03"), (DESKS, None)]


def test_a_patient_is_found_by_the_key_they_had(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT key FROM patient_keys JOIN patients ON id = patient_id") == [("key",)]
