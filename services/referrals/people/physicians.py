"""One physician for each NPI. Another contact than the known one is only proposed: reports must not go to whoever says
that they are the physician's office."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import context
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.contracts.referrals import PhysicianContactChanged
from services.referrals.models import Physician, PhysicianAccount, PhysicianProposal
from services.referrals.people.matching import names, plain

TITLES = {"dr", "prof", "md", "do", "np", "pa", "phd", "facp"}


@dataclass(frozen=True, slots=True)
class Named:
    physician: Physician
    told: PhysicianContactChanged | None = None
    proposed: dict[str, Any] | None = None
    """What differs from what is known, and waits for the desk."""


def physicians_of(session: Session, vault: Vault, said: Iterable[dict[str, Any]]) -> dict[str, Named]:
    """By NPI. In its order, so that two referrals that bring the same new physicians do not wait for one another."""
    return {one["npi"]: _physician_of(session, vault, one) for one in sorted(said, key=lambda one: str(one["npi"]))}


def _physician_of(session: Session, vault: Vault, said: dict[str, Any]) -> Named:
    contact = {name: value for name, value in said.items() if name != "npi"}
    row = insert(Physician).values(id=new_id(), npi=said["npi"], contact=vault.close(contact), version=1)
    made = session.scalar(row.on_conflict_do_nothing(index_elements=["npi"]).returning(Physician))
    if made:
        return Named(made, contact_event(made, contact))
    query = select(Physician).where(Physician.npi == said["npi"]).execution_options(populate_existing=True)
    physician = session.scalars(query).one()
    different = differences(vault.open(physician.contact), contact)
    if not different:
        return Named(physician)
    if speaks_for(session, physician.id):
        return Named(physician, put(session, vault, physician, different))
    return Named(physician, proposed=different)


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


def propose(
    session: Session, vault: Vault, named: Iterable[Named], referral_id: UUID, now: datetime
) -> Sequence[PhysicianProposal]:
    """Keep what differs for the desk to decide; what was refused, or waits already, is not proposed again."""
    rows = [_proposal(session, vault, one, referral_id, now) for one in named if one.proposed]
    return [row for row in rows if row]


def _proposal(
    session: Session, vault: Vault, named: Named, referral_id: UUID, now: datetime
) -> PhysicianProposal | None:
    fingerprint = vault.hash("proposal", json.dumps(named.proposed, sort_keys=True))
    values = {
        "id": new_id(), "physician_id": named.physician.id, "referral_id": referral_id, "fingerprint": fingerprint,
        "contact": vault.close(named.proposed or {}), "decision": "open", "proposed_at": now,
        "proposed_by": context.actor.get().id, "decided_at": None, "decided_by": None,
    }  # fmt: skip
    row = insert(PhysicianProposal).values(values)
    again = row.on_conflict_do_update(
        index_elements=["physician_id", "fingerprint"],
        set_={name: row.excluded[name] for name in values},
        where=PhysicianProposal.decision == "confirmed",
    )
    return session.scalar(again.returning(PhysicianProposal))


def contact_event(physician: Physician, contact: dict[str, Any]) -> PhysicianContactChanged:
    channels = {name: contact[name] for name in ("name", "practice", "phone", "fax", "email")}
    return PhysicianContactChanged(
        physician_id=physician.id,
        version=physician.version,
        delivery=contact.get("delivery") or "email",
        **channels,
    )
