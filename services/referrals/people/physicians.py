"""One physician for each NPI. Another contact than the known one is only proposed: reports must not go to whoever says
that they are the physician's office."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.contracts.referrals import PhysicianContactChanged
from services.referrals.models import Physician, PhysicianAccount
from services.referrals.people.matching import names, plain

TITLES = {"dr", "prof", "md", "do", "np", "pa", "phd", "facp"}


@dataclass(frozen=True, slots=True)
class Named:
    physician: Physician
    told: PhysicianContactChanged | None = None
    proposed: dict[str, Any] | None = None
    """What differs from what is known, and waits for the desk."""


def physicians_of(session: Session, vault: Vault, said: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Named]]:
    """For each referral, by NPI: whom it names; each is known, or made once."""
    known = _Known(session, vault, chain.from_iterable(said))
    return [{one["npi"]: known.named(one) for one in sorted(some, key=_npi)} for some in said]


class _Known:
    """All whom a few referrals name."""

    def __init__(self, session: Session, vault: Vault, said: Iterable[dict[str, Any]]) -> None:
        self._session, self._vault = session, vault
        first = {one["npi"]: one for one in reversed([*said])}
        self._rows = self._look_up(first)
        self._made = self._make([one for npi, one in first.items() if npi not in self._rows])
        self._rows |= self._made
        self._rows |= self._look_up(first.keys() - self._rows.keys())
        self._contacts: dict[str, dict[str, Any]] = {}
        self._mine: dict[UUID, bool] = {}

    def named(self, said: dict[str, Any]) -> Named:
        physician, contact = self._rows[said["npi"]], _contact(said)
        if self._made.pop(said["npi"], None):
            return Named(physician, contact_event(physician, contact))
        different = differences(self._held(physician), contact)
        if not different:
            return Named(physician)
        if self._is_mine(physician):
            return Named(physician, put(self._session, self._vault, physician, different))
        return Named(physician, proposed=different)

    def _look_up(self, npis: Collection[str]) -> dict[str, Physician]:
        query = select(Physician).where(Physician.npi.in_(npis)).execution_options(populate_existing=True)
        return {row.npi: row for row in self._session.scalars(query)} if npis else {}

    def _make(self, said: Iterable[dict[str, Any]]) -> dict[str, Physician]:
        """In the order of their NPI, so that two who bring the same new physicians do not wait for one another."""
        rows = [
            {"id": new_id(), "npi": one["npi"], "contact": self._vault.close(_contact(one)), "version": 1}
            for one in sorted(said, key=_npi)
        ]
        if not rows:
            return {}
        row = insert(Physician).on_conflict_do_nothing(index_elements=["npi"]).returning(Physician)
        return {made.npi: made for made in self._session.scalars(row, rows)}

    def _held(self, physician: Physician) -> dict[str, Any]:
        if physician.contact not in self._contacts:
            self._contacts[physician.contact] = self._vault.open(physician.contact)
        return self._contacts[physician.contact]

    def _is_mine(self, physician: Physician) -> bool:
        if physician.id not in self._mine:
            self._mine[physician.id] = speaks_for(self._session, physician.id)
        return self._mine[physician.id]


def _npi(said: dict[str, Any]) -> str:
    return str(said["npi"])


def _contact(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "npi"}


def differences(held: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is said and not what is known. A name that is only written differently is the same."""
    found = {name: value for name, value in said.items() if value is not None and value != held.get(name)}
    if "name" in found and names(_untitled(found["name"]), _untitled(held["name"])) in ("same", "alike"):
        del found["name"]
    if found.get("delivery") == "email" and held.get("delivery") is None:
        del found["delivery"]
    return found


def _untitled(name: str) -> str:
    return " ".join(word for word in plain(name).split() if word not in TITLES)


def speaks_for(session: Session, physician_id: UUID) -> bool:
    return session.get(PhysicianAccount, (context.actor.get().id, physician_id)) is not None


def put(session: Session, vault: Vault, physician: Physician, told: dict[str, Any]) -> PhysicianContactChanged | None:
    """What counts from now on; None when it did."""
    session.refresh(physician, with_for_update={"key_share": True})
    held = vault.open(physician.contact)
    contact = {**held, **told}
    if contact == held:
        return None
    physician.contact = vault.close(contact)
    physician.version += 1
    session.flush()
    return contact_event(physician, contact)


def contact_event(physician: Physician, contact: dict[str, Any]) -> PhysicianContactChanged:
    channels = {name: contact[name] for name in ("name", "practice", "phone", "fax", "email")}
    return PhysicianContactChanged(
        physician_id=physician.id,
        version=physician.version,
        delivery=contact.get("delivery") or "email",
        **channels,
    )
