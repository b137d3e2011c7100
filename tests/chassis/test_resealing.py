"""Keys are rotated while the service writes: afterwards the old key is not needed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import text

from services.chassis.events import decode, open_event
from services.chassis.keys_commands import keys
from services.chassis.outbox import Outbox
from services.chassis.resealing import CLEAR, UNNAMED, Place, Resealing
from services.chassis.runtime import Runtime
from services.chassis.seal import Seal, UnsealError, key_id
from services.contracts.referrals import PatientContactChanged
from tests.chassis.facts import rows, value

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BEFORE, AFTER, ONLY_NEW = Seal([OLD]), Seal([NEW, OLD]), Seal([NEW])

WORDS = """
CREATE TABLE words (id int, part text, word text, maybe text, PRIMARY KEY (id, part));
"""
PLACES = Place("words", "word"), Place("words", "maybe", "once_clear")


@pytest.fixture
def words(booking: Runtime) -> Runtime:
    """A table of 700 rows: some under the old key, some without a key's id, some in the clear, some empty."""
    with booking.engine.begin() as connection:
        connection.execute(text(WORDS))
        connection.execute(
            text("INSERT INTO words VALUES (:id, 'a', :word, :maybe)"),
            [{"id": n, "word": _word(n), "maybe": "" if n % 2 else f"clear {n}"} for n in range(700)],
        )
    return booking


def _word(n: int) -> str:
    sealed = BEFORE.close(f"word {n}")
    return sealed.partition(":")[2] if n % 3 == 0 else sealed


def opened(running: Runtime) -> list[str]:
    return [ONLY_NEW.open(row.word) for row in rows(running, "SELECT word FROM words ORDER BY id")]


def resealing(running: Runtime, seal: Seal = AFTER) -> Resealing:
    return Resealing(running.sessions, seal, PLACES)


def test_a_value_tells_its_key_and_values_from_before_that_still_open() -> None:
    sealed = BEFORE.close("Ada")
    assert sealed.startswith(f"{key_id(OLD)}:gAAAAA")
    assert [AFTER.open(one) for one in (sealed, sealed.partition(":")[2])] == ["Ada", "Ada"]
    assert AFTER.again(sealed).startswith(f"{key_id(NEW)}:")
    with pytest.raises(UnsealError):
        ONLY_NEW.open(sealed)


def test_rows_are_counted_by_key(words: Runtime) -> None:
    work = resealing(words)
    assert work.count(PLACES[0]) == {key_id(OLD): 466, UNNAMED: 234}
    assert work.count(PLACES[1]) == {CLEAR: 350}


def test_everything_opens_afterwards_with_the_new_key_alone(words: Runtime) -> None:
    work, seen = resealing(words), []
    for place in PLACES:
        work.run(place, seen.append)
    assert sum(seen) == 1050
    assert [work.remaining(place) for place in work.places] == [0, 0, 0, 0, 0]
    assert opened(words) == [f"word {n}" for n in range(700)]
    assert {ONLY_NEW.open(row.maybe) for row in rows(words, "SELECT maybe FROM words WHERE maybe <> ''")} == {
        f"clear {n}" for n in range(0, 700, 2)
    }
    assert value(words, "SELECT count(*) FROM key_rotations") == 0


def test_what_was_broken_off_goes_on_from_there(words: Runtime) -> None:
    class Interrupted(Exception):
        pass

    def stop(rows: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        resealing(words).run(PLACES[0], stop)
    [kept] = rows(words, "SELECT * FROM key_rotations")
    assert (kept.place, kept.key_id, kept.after) == ("words.word", key_id(NEW), ["199", "a"])
    again: list[int] = []
    resealing(words).run(PLACES[0], again.append)
    assert sum(again) == 500
    assert len(opened(words)) == 700


def test_the_service_writes_meanwhile_and_nothing_of_it_is_lost(words: Runtime) -> None:
    """Processes that know both keys seal under the new one; one row is held by a slow transaction throughout."""
    stop, written = threading.Event(), dict[int, str]()

    def write() -> None:
        number = 0
        while not stop.is_set():
            id_ = number * 37 % 700
            if id_ != 5:
                with words.engine.begin() as connection:
                    sealed = {"word": AFTER.close(f"new {number}"), "id": id_}
                    connection.execute(text("UPDATE words SET word = :word WHERE id = :id"), sealed)
                written[id_] = f"new {number}"
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    with words.engine.connect() as slow:
        slow.execute(text("SELECT 1 FROM words WHERE id = 5 FOR UPDATE"))
        work = resealing(words)
        work.run(PLACES[0])
        left = work.remaining(PLACES[0])
        slow.rollback()
    work.run(PLACES[0])
    stop.set()
    writer.join()
    assert left == 1
    assert opened(words) == [written.get(n, f"word {n}") for n in range(700)]


def test_what_no_key_opens_is_left_and_told(words: Runtime) -> None:
    rows(
        words,
        "UPDATE words SET word = :word WHERE id = 3 RETURNING 1",
        word=Seal([Fernet.generate_key().decode()]).close("x"),
    )
    work = resealing(words)
    done = work.run(PLACES[0])
    assert (done.sealed, done.not_opened, work.remaining(PLACES[0])) == (699, 1, 1)


def test_events_that_wait_are_sealed_again_inside(booking: Runtime) -> None:
    told = PatientContactChanged(
        patient_id=value(booking, "SELECT gen_random_uuid()"), version=1, name="Ada Lovelace", phone="+12125550100"
    )
    with booking.sessions.begin() as session:
        Outbox(BEFORE).record(session, told)
        body = session.scalar(text("SELECT body FROM outbox"))
        session.execute(
            text("INSERT INTO inbox (event_id, state, body) VALUES (gen_random_uuid(), 'parked', :body)"),
            {"body": body},
        )
        session.execute(
            text("INSERT INTO inbox (event_id, state, sealed_body) VALUES (gen_random_uuid(), 'parked', :body)"),
            {"body": BEFORE.close("{")},
        )
    work = Resealing(booking.sessions, AFTER, ())
    for place in work.places:
        assert work.count(place) == {key_id(OLD): 1}
        work.run(place)
        assert work.count(place) == {key_id(NEW): 1}
    for table in ("outbox", "inbox WHERE body IS NOT NULL"):
        assert open_event(decode(value(booking, f"SELECT body FROM {table}")), ONLY_NEW) == told
    assert ONLY_NEW.open(value(booking, "SELECT sealed_body FROM inbox WHERE sealed_body IS NOT NULL")) == "{"


def test_the_command_counts_rotates_and_says_when_a_key_is_still_needed(
    booking: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = "INSERT INTO inbox (event_id, state, sealed_body) VALUES (gen_random_uuid(), 'parked', :body) RETURNING 1"
    rows(booking, add, body=BEFORE.close("{"))
    run: Callable[..., Any] = lambda *args, seal: CliRunner().invoke(  # noqa: E731
        keys, ["rotate", "booking", *args],
        env={"BOOKING_DATABASE_URL": booking.settings.database_url, "SEAL_KEYS": seal, "COLUMNS": "200"},
    )  # fmt: skip
    counted = run("--dry-run", seal=f"{NEW},{OLD}")
    assert counted.exit_code == 0
    assert f"{key_id(OLD)} (number 2)" in counted.output

    without = run(seal=NEW)
    assert without.exit_code == 1
    assert f"{key_id(OLD)} (not in SEAL_KEYS)" in without.output

    rotated = run(seal=f"{NEW},{OLD}")
    assert rotated.exit_code == 0, rotated.output
    assert f"{key_id(NEW)} (the first)" in rotated.output
    assert run(seal=NEW).exit_code == 0


@pytest.mark.parametrize("service", ["referrals", "booking", "notify"])
def test_every_column_that_is_declared_is_there_and_is_text(service: str, migrated: Callable[[str], str]) -> None:
    import importlib

    from services.chassis import database

    engine = database.connect(migrated(service), pool=2)
    sealed = importlib.import_module(f"services.{service}.sealed").SEALED
    work = Resealing(database.sessions(engine), AFTER, sealed)
    assert all(work.count(place) == {} and work.run(place).sealed == 0 for place in work.places)
    assert json.dumps([str(place) for place in sealed])
    engine.dispose()
