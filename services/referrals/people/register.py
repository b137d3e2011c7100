"""Who is known among the patients, as far as a few intakes ask: looked up once for all of them, and kept up with them.

The records themselves are sealed: somebody is found by keyed hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, Uuid, column, select, text
from sqlalchemy.orm import Session

from services.chassis.vault import Vault
from services.referrals.models import Patient
from services.referrals.people.lookup import EXACT, keys, whole_key, write_keys
from services.referrals.people.matching import Outcome, Person, Score, score

FEW = 20
"""Candidates for one key, the newest: a phone of a whole nursing home does not make one intake slow."""

_ONE_AT_A_TIME = text(
    """
    SELECT pg_advisory_xact_lock(1, wanted.number)
    FROM (SELECT DISTINCT hashtext(key) AS number FROM unnest(CAST(:keys AS text[])) AS key ORDER BY 1) AS wanted
    """
)

_CANDIDATES = text(
    """
    SELECT wanted.key, found.patient_id
    FROM unnest(CAST(:keys AS text[])) AS wanted (key)
    CROSS JOIN LATERAL (
        SELECT patient_id FROM patient_keys WHERE patient_keys.key = wanted.key ORDER BY patient_id DESC LIMIT :few
    ) AS found
    """
).columns(column("key", Text), column("patient_id", Uuid))


@dataclass(frozen=True, slots=True)
class Match:
    patient: Patient
    score: Score


def one_at_a_time(session: Session, vault: Vault, people: Iterable[Person]) -> None:
    """Nobody else takes in one of these people until the transaction ends: who tries waits. In one order, so that
    nobody waits in a circle."""
    session.execute(_ONE_AT_A_TIME, {"keys": [whole_key(vault, person) for person in people]})


class Register:
    def __init__(self, session: Session, vault: Vault, people: Iterable[Person]) -> None:
        self._session, self._vault = session, vault
        self._keys = {person: keys(vault, person) for person in people}
        self._known: dict[str, list[Patient]] = {}
        self._persons: dict[str, Person] = {}
        self._unwritten: list[tuple[Patient, Person]] = []
        one_at_a_time(session, vault, self._keys)
        self._look_up({key for found in self._keys.values() for key in found})

    def exactly(self, person: Person) -> list[Match]:
        """Those of the same name and date of birth, the likeliest first, and of equals the oldest."""
        return self._matches(person, self._keys[person][:EXACT])

    def alike(self, person: Person) -> list[Match]:
        """Those who share anything that records are found by, in the same order."""
        return self._matches(person, self._keys[person])

    def add(self, patient: Patient, person: Person) -> None:
        """A new record, found from now on; `settle` writes it."""
        self._unwritten.append((patient, person))
        for key in self._keys[person]:
            self._known[key] = [patient, *self._known.get(key, ())][:FEW]

    def settle(self) -> None:
        """Write what is new, so that the database knows it too."""
        self._session.flush()
        write_keys(self._session, [(key, who.id) for who, person in self._unwritten for key in self._keys[person]])
        self._unwritten = []

    def look_again(self, changed: Patient) -> None:
        """A record is found otherwise by now: what it was found by, and is, is looked up anew when it is asked for."""
        self._known = {key: rows for key, rows in self._known.items() if changed not in rows}
        for key in keys(self._vault, self._person(changed)):
            self._known.pop(key, None)

    def _matches(self, person: Person, wanted: Collection[str]) -> list[Match]:
        if unknown := set(wanted) - self._known.keys():
            self.settle()
            self._look_up(unknown)
        rows = {patient.id: patient for key in wanted for patient in self._known[key]}
        found = [Match(row, score(person, self._person(row))) for row in rows.values()]
        return sorted(found, key=lambda match: (_RANK[match.score.outcome], -match.score.total, match.patient.id))

    def _look_up(self, wanted: Collection[str]) -> None:
        self._known |= {key: [] for key in wanted}
        sharing = _CANDIDATES.subquery()
        query = select(sharing.c.key, Patient).join(Patient, Patient.id == sharing.c.patient_id)
        newest = query.order_by(Patient.id.desc())
        rows: Iterable[Any] = self._session.execute(newest, {"keys": list(wanted), "few": FEW})
        for key, patient in rows:
            self._known[key].append(patient)

    def _person(self, patient: Patient) -> Person:
        """As the record is now."""
        person = self._persons.get(patient.contact)
        if person is None:
            person = self._persons[patient.contact] = Person.of(self._vault.open(patient.contact))
        return person


_RANK: dict[Outcome, int] = {"same": 0, "maybe": 1, "new": 2}
