"""Hundreds of rows at once become exactly what they become one after the other: the same records, the same events in
the same order, the same trail, the same references."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.care.contraindications import packaged
from services.chassis import context
from services.referrals.batch.commands import WHO
from services.referrals.batch.files import rows
from services.referrals.batch.take import Importer, Refused
from services.referrals.intake.rules import Calendar
from tests.referrals.house import House, a_referral, today, without
from tests.referrals.picture import picture

SYSTEM = "https://orders.clinic.example"
NPIS = ("1234567893", "1932104098", "1000000004", "1000000012")
BOUND = NPIS[3]
"""Its contact is what the importing account says."""


@contextmanager
def acting(who: context.Actor) -> Iterator[None]:
    token = context.actor.set(who)
    try:
        yield
    finally:
        context.actor.reset(token)


def imported(house: House, documents: list[dict[str, Any]], at_once: int) -> tuple[dict[str, int], list[Refused]]:
    importer = Importer(
        house.running.sessions, house.running.outbox, house.vault, packaged(),
        lambda now: Calendar(today(), today(), 90), at_once=at_once,
    )  # fmt: skip
    with acting(WHO):
        counts = list(importer.take(rows(StringIO("\n".join(map(json.dumps, documents))))))
    told = {name: sum(getattr(one, name) for one in counts) for name in ("rows", "new", "known")}
    return told, [refused for one in counts for refused in one.refused]


def prepared(house: House) -> None:
    """Two orders of an office, and a physician for whom the importing account speaks."""
    office = house.caller("physician", "riverside")
    assert office.post("", order("O-1", "Olga Office")).status_code == 201
    assert office.post("", order("O-2", "Otto Office")).status_code == 201
    known = house.caller("desk").post("", order("D-1", "Dora Desk", npi=BOUND)).json
    bind = "INSERT INTO physician_accounts (account, physician_id) VALUES ('command-line', :id)"
    with house.running.engine.begin() as connection:
        connection.execute(text(bind), {"id": UUID(known["physician_id"])})


def order(number: str, name: str, npi: str = NPIS[0], **changes: Any) -> dict[str, Any]:
    return a_referral(
        placer={"system": SYSTEM, "number": number},
        patient={"name": name, "born_on": "1979-10-05", "phone": "+14155550126", "email": "some@mail.example"},
        physician={"name": f"Dr. Castellano {npi.translate(str.maketrans('0123456789', 'abcdefghij'))}", "npi": npi},
        **changes,
    )


def with_number(document: dict[str, Any], number: str, **changes: Any) -> dict[str, Any]:
    return {**document, "placer": {"system": SYSTEM, "number": number}, **changes}


def every_kind() -> list[dict[str, Any]]:
    """Whatever can be said of rows that have to do with one another."""
    ada, bea = order("A-1", "Ada Eins"), order("B-1", "Bea Zwei")
    moved = {**ada["patient"], "phone": "+14155550199"}
    other_contact = {**ada["physician"], "phone": "+14155550101"}
    gap = order("G-1", "Gerda Gap")
    lost = order("R-1", "Rosa Renew", renews="01890000-0000-7000-8000-000000000000")
    return [
        ada,
        bea,
        with_number(ada, "A-2"),
        with_number(ada, "A-3", patient=moved),
        with_number(ada, "A-4", patient={**moved, "text_consent": False}),
        # Found by nothing but the phone that was changed two rows before.
        with_number(ada, "A-11", patient={**moved, "name": "Ada Einz", "born_on": "1979-10-06", "email": None}),
        with_number(ada, "A-5", patient={**ada["patient"], "name": "Ada Einz"}),
        with_number(ada, "A-6", patient={**ada["patient"], "name": "Eva Eins"}),
        with_number(ada, "A-7"),
        ada,
        with_number(bea, "B-1", visits=3),
        with_number(bea, "B-2", visits=99),
        with_number(bea, "B-3", physician=other_contact),
        with_number(bea, "B-4", physician=other_contact),
        with_number(bea, "B-5", physician={**other_contact, "phone": "+14155550102"}),
        without(gap, "visits"),
        with_number(bea, "B-6"),
        {**gap, "visits": 6},
        {**gap, "visits": 7},
        lost,
        with_number(ada, "A-8", replaces={"system": SYSTEM, "number": "A-2"}),
        with_number(ada, "A-9", replaces={"system": SYSTEM, "number": "nobody knows"}),
        without(lost, "renews"),
        with_number(ada, "C-1", physician={**ada["physician"], "npi": NPIS[1]},
                    copy_to=[{"physician": {"name": "Dr. Copy", "npi": NPIS[2]}, "updates": "end"}]),
        with_number(bea, "C-2", physician={"name": "Dr. Other Name", "npi": NPIS[2]}),
        order("D-2", "Dora Desk", BOUND) | {"physician": {"name": "Dr. Bound", "npi": BOUND, "fax": "+14155550103"}},
        order("D-3", "Doro Desk", BOUND) | {"physician": {"name": "Dr. Bound", "npi": BOUND, "fax": "+14155550104"}},
        order("O-1", "Olga Office"),
        order("O-1", "Olga Office", visits=4),
        order("O-2", "Olaf Other"),
        order("O-2", "Otto Office"),
        *(order(f"N-{day}", "Nora Nursing") | _born(f"1951-03-0{day}") for day in range(1, 10)),
        *(order(f"H-{place}", f"Hugo {'abcdefghijklmnopqrstuvwxyz'[place]}heim") for place in range(24)),
        with_number(ada, "A-10", patient={**moved, "name": "EINS, Ada"}),
    ]  # fmt: skip


def _born(on: str) -> dict[str, Any]:
    return {"patient": {"name": "Nora Nursing", "born_on": on, "phone": "+14155550120", "email": None}}


def by_chance(seed: int) -> list[dict[str, Any]]:
    """From few names, dates, phones, physicians and numbers, so that everything meets everything."""
    chance = random.Random(seed)
    return [_any_order(chance, place) for place in range(90)]


def _any_order(chance: random.Random, place: int) -> dict[str, Any]:
    reach = chance.choice([{"phone": "+14155550126"}, {"phone": "+14155550127"}, {"email": "a@mail.example"}])
    made = a_referral(
        placer={"system": SYSTEM, "number": f"X-{chance.randrange(70)}"},
        patient={"name": chance.choice(["Ann Lee", "Anne Lee", "Lee Ann", "Bo Li"]),
                 "born_on": chance.choice(["1980-01-02", "1980-02-01"]), **reach},
        physician={"name": chance.choice(["Dr. Who", "Who", "Dr. Why"]), "npi": chance.choice(NPIS)},
        visits=chance.choice([6, 6, 6, 6, 99, None]),
        goals=chance.choice([[], ["Sleep"]]),
    )  # fmt: skip
    if chance.random() < 0.1:
        made["replaces"] = {"system": SYSTEM, "number": f"X-{chance.randrange(70)}"}
    return made


@pytest.mark.parametrize(
    "documents", [every_kind(), *map(by_chance, range(3))], ids=["every kind", *map("by chance {}".format, range(3))]
)
def test_rows_become_the_same_however_many_are_taken_in_at_once(
    migrated: Callable[[str], str], documents: list[dict[str, Any]]
) -> None:
    seen = []
    for at_once in (1, 7, 500):
        house = House(migrated("referrals"))
        prepared(house)
        seen.append((imported(house, documents, at_once), picture(house)))
        assert imported(house, documents, 500)[0]["new"] == 0
        house.running.engine.dispose()
    (alone, records), *others = seen
    for done, held in others:
        assert done == alone
        for table, rows_ in records.items():
            assert held[table] == rows_, table


def test_every_kind_of_row_is_among_those_that_are_compared(migrated: Callable[[str], str]) -> None:
    house = House(migrated("referrals"))
    prepared(house)
    told, refused = imported(house, every_kind(), 500)
    assert [(one.row, one.field) for one in refused] == [
        (11, "placer.number"), (12, "visits"), (19, "placer.number"), (20, "renews"), (29, "placer.number"),
    ]  # fmt: skip
    assert told["known"] == 4
    held = picture(house)
    assert len(held["patient_matches"]) > 3
    assert len(held["physician_proposals"]) == 3
    assert sum('"renews_id": "referrals' in row for row in held["referrals"]) == 1
    house.running.engine.dispose()
