"""Imports at once, and people who send referrals meanwhile: nobody waits in a circle, nobody is taken in twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import InterfaceError, OperationalError

from services.care.contraindications import packaged
from services.referrals.batch import take
from services.referrals.batch.files import Row
from services.referrals.batch.take import Count, Importer, RowHeld
from services.referrals.intake.rules import Calendar
from tests.chassis.facts import wait_until
from tests.referrals.batches import LETTERS, a_row, as_csv, fascia, put
from tests.referrals.house import House, a_referral, today
from tests.referrals.test_races import at_once


@contextmanager
def errors(house: House) -> Iterator[list[str]]:
    """What the database refuses meanwhile: a deadlock, a lock that was waited for too long."""
    seen: list[str] = []

    def note(about: Any) -> None:
        seen.append(type(about.original_exception).__name__)

    event.listen(house.running.engine, "handle_error", note)
    try:
        yield seen
    finally:
        event.remove(house.running.engine, "handle_error", note)


def importer(house: House, at_once: int = 200) -> Importer:
    return Importer(
        house.running.sessions, house.running.outbox, house.vault, packaged(),
        lambda now: Calendar(today(), today(), 90), at_once=at_once,
    )  # fmt: skip


def taken(house: House, documents: list[dict[str, Any]], at_once: int = 200) -> list[Count]:
    return list(importer(house, at_once).take(Row(number, each) for number, each in enumerate(documents, 1)))


def npi(nine: int) -> str:
    digits = [int(digit) for digit in f"80840{nine}"]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits[::-1])]
    return f"{nine}{-sum(doubled) % 10}"


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def people(many: int) -> list[dict[str, Any]]:
    """Nobody is like anybody else."""
    tags = [uuid4().hex for _ in range(many)]
    return [
        {"name": f"{tag[:12]} {tag[12:24]}".translate(LETTERS).title(), "born_on": f"19{50 + place % 50}-01-02",
         "phone": None, "email": f"{tag}@mail.example"}
        for place, tag in enumerate(tags)
    ]  # fmt: skip


def orders(some: list[dict[str, Any]], first_npi: int) -> list[dict[str, Any]]:
    """One of each, under numbers of their own; every fifth names another physician."""
    return [
        a_referral(patient=each, physician={"name": "Dr. New", "npi": npi(first_npi + place // 5)})
        for place, each in enumerate(some)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_two_files_with_the_same_people_and_physicians_in_other_orders_do_not_block_one_another(
    house: House, seed: int
) -> None:
    some, start = people(60), 200_000_000 + seed * 1000
    mixed = random.Random(seed).sample(orders(some, start), len(some))
    before = house.counts()
    with errors(house) as seen:
        first, second, third = at_once(
            lambda: taken(house, orders(some, start)),
            lambda: taken(house, orders(some, start)[::-1]),
            lambda: taken(house, mixed),
        )
    assert seen == []
    assert [sum(one.new for one in counts) for counts in (first, second, third)] == [60, 60, 60]
    assert house.counts()["patients"] == before["patients"] + 60
    assert house.counts()["physicians"] == before["physicians"] + 12


def test_two_files_that_bring_the_same_physicians_in_other_orders_do_not_block_one_another(house: House) -> None:
    """Both are in the middle of it when they are let go."""
    before = house.counts()["physicians"]
    ones, others = orders(people(50), 400_000_000), orders(people(50), 400_000_000)[::-1]
    middle = "INSERT INTO physicians (id, npi, contact, version) VALUES (gen_random_uuid(), :npi, '', 1)"
    with house.running.engine.connect() as holding, errors(house) as seen:
        holding.execute(text(middle), {"npi": npi(400_000_005)})
        at_once(
            lambda: taken(house, ones),
            lambda: taken(house, others),
            lambda: wait_until(lambda: house.rows(WAITING)[0][0] == 2) and holding.rollback(),
        )
    assert seen == []
    assert house.counts()["physicians"] == before + 10


def test_people_who_are_imported_may_be_sent_over_http_meanwhile(house: House) -> None:
    some = people(60)
    before = house.counts()
    with errors(house) as seen:
        desks = [house.caller("desk") for _ in range(4)]
        counts, *answers = at_once(
            lambda: taken(house, orders(some, 300_000_000), at_once=20),
            *(
                lambda desk=desk, place=place: [  # type: ignore[misc]
                    desk.post("", each).status_code for each in orders(some, 300_000_000)[::-1][place::4]
                ]
                for place, desk in enumerate(desks)
            ),
        )
    assert seen == []
    assert sum(one.new for one in counts) == 60
    assert {status for each in answers for status in each} == {201}
    assert house.counts()["patients"] == before["patients"] + 60


def test_a_batch_that_cannot_have_a_lock_is_taken_in_row_by_row(house: House) -> None:
    """Whoever holds it lets go while the rows before are taken in by themselves."""
    [known] = people(1)
    patient = house.caller("desk").post("", a_referral(patient=known)).json["patient_id"]
    documents = [*(a_referral(patient=each) for each in people(3)), a_referral(patient={**known, "language": "es"})]
    holding = house.running.engine.connect()
    holding.execute(text("SELECT FROM patients WHERE id = :id FOR UPDATE"), {"id": patient})

    def let_go(about: Any) -> None:
        holding.rollback()

    event.listen(house.running.engine, "handle_error", let_go)
    try:
        with errors(house) as seen:
            [count] = taken(house, documents)
    finally:
        event.remove(house.running.engine, "handle_error", let_go)
        holding.close()
    assert seen == ["LockNotAvailable"]
    assert (count.new, count.refused) == (4, [])


def test_a_row_that_somebody_holds_for_long_is_refused_and_the_others_are_not(house: House) -> None:
    [known] = people(1)
    patient = house.caller("desk").post("", a_referral(patient=known)).json["patient_id"]
    moved = a_referral(patient={**known, "language": "es"})
    with house.running.engine.connect() as holding:
        holding.execute(text("SELECT FROM patients WHERE id = :id FOR UPDATE"), {"id": patient})
        [count] = taken(house, [a_referral(patient=people(1)[0]), moved, a_referral(patient=people(1)[0])])
    assert count.new == 2
    assert [(one.row, one.why) for one in count.refused] == [(2, RowHeld.message)]
    assert taken(house, [moved])[0].new == 1


def test_what_was_committed_when_the_database_went_away_is_known_when_it_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [a_referral(patient=each) for each in people(3)]
    receive, left = take.receive_some, [True]

    def lost(*arguments: Any) -> Any:
        fates = receive(*arguments)
        if left and left.pop():
            arguments[0].commit()
            raise OperationalError("COMMIT", None, Exception("the connection went away"))
        return fates

    monkeypatch.setattr(take, "receive_some", lost)
    before = house.counts()["referrals"]
    [count] = taken(house, documents)
    assert (count.new, count.known, count.refused) == (0, 3, [])
    assert house.counts()["referrals"] == before + 3


def test_an_import_without_a_database_says_so_and_from_which_row_to_go_on(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, batches = take.receive_some, iter((True, False))

    def once(*arguments: Any) -> Any:
        if next(batches):
            return receive(*arguments)
        raise InterfaceError("SELECT", None, Exception("closed"))

    monkeypatch.setattr(take, "receive_some", once)
    path = put(tmp_path)(as_csv([a_row() for _ in range(take.AT_ONCE + 1)]))
    done = fascia(house, "import", path)
    assert done.exit_code == 1
    assert f"does not answer: Exception; what came before is done: go on with --from {take.AT_ONCE + 1}" in done.output
