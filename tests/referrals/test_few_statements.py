"""Taking in asks the database few questions: of a referral as many as there are kinds of rows, of hundreds no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from services.care.contraindications import packaged
from services.referrals.batch.files import Row
from services.referrals.batch.take import Importer
from services.referrals.intake.rules import Calendar
from tests.referrals.batches import numbered
from tests.referrals.fhir_house import a_bundle, sent
from tests.referrals.house import Caller, House, a_referral, today


@contextmanager
def heard(house: House) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        # What is executed with a list of values is sent once for each of them.
        said.extend([statement] * (len(values) if isinstance(values, list) else 1))

    event.listen(house.running.engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(house.running.engine, "before_cursor_execute", listen)


def asked(house: House, act: Callable[[], Any]) -> int:
    with heard(house) as said:
        assert act().status_code in (200, 201)
    return len(said)


def test_a_referral_costs_a_dozen_statements_over_every_door(house: House, desk: Caller) -> None:
    desk.post("", a_referral())
    known = a_referral()
    assert asked(house, lambda: desk.post("", known)) <= 12
    assert asked(house, lambda: desk.post("", a_referral(patient=known["patient"]))) <= 9
    assert asked(house, lambda: desk.post("", known)) <= 8
    assert asked(house, lambda: sent(desk, a_bundle())) <= 13


def test_hundreds_of_rows_cost_as_many_statements_as_a_few(house: House) -> None:
    importer = Importer(
        house.running.sessions, house.running.outbox, house.vault, packaged(),
        lambda now: Calendar(today(), today(), 90),
    )  # fmt: skip

    def statements(rows: int) -> int:
        some = [numbered(physician__phone="+14155550188", patient__email=None) for _ in range(rows)]
        with heard(house) as said:
            [count] = importer.take(Row(number, document) for number, document in enumerate(some, 1))
        assert count.new == rows
        return len(said)

    statements(3)
    assert statements(150) <= statements(3) <= 15
