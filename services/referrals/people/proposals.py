"""Another contact for a known physician is used once the desk, or an account of that physician, confirms it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from services.chassis import audit, context, identity
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.chassis.refusals import NotFound, Refusal
from services.chassis.vault import Vault
from services.referrals.events import resumed
from services.referrals.models import Decision, Physician, PhysicianAccount, PhysicianProposal, Referral
from services.referrals.people.physicians import Named, put, speaks_for


class ProposalDecided(Refusal):
    """Facts: decision."""

    message = "Somebody has decided this."


def propose(
    session: Session, vault: Vault, named: Iterable[tuple[Named, UUID]], now: datetime
) -> dict[UUID, list[UUID]]:
    """Keep what differs for the desk to decide; what was refused, or waits already, is not proposed again. `named` goes
    with the id of the referral that named them. The ids of what is new, by referral."""
    rows: dict[tuple[UUID, str], dict[str, Any]] = {}
    for one, referral_id in named:
        if one.proposed:
            fingerprint = vault.hash("proposal", json.dumps(one.proposed, sort_keys=True))
            rows.setdefault((one.physician.id, fingerprint), _proposal(vault, one, referral_id, fingerprint, now))
    proposed: dict[UUID, list[UUID]] = {}
    if rows:
        made: Iterable[Any] = session.execute(_put_proposals(), [rows[key] for key in sorted(rows)])
        for id_, referral_id in sorted(made):
            proposed.setdefault(referral_id, []).append(id_)
    return proposed


def _proposal(vault: Vault, named: Named, referral_id: UUID, fingerprint: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(), "physician_id": named.physician.id, "referral_id": referral_id, "fingerprint": fingerprint,
        "contact": vault.close(named.proposed or {}), "decision": "open", "proposed_at": now,
        "proposed_by": context.actor.get().id, "decided_at": None, "decided_by": None,
    }  # fmt: skip


def _put_proposals() -> ReturningInsert[UUID, UUID]:
    row = insert(PhysicianProposal)
    again = row.on_conflict_do_update(
        index_elements=["physician_id", "fingerprint"],
        set_={column.name: row.excluded[column.name] for column in PhysicianProposal.__table__.columns},
        where=PhysicianProposal.decision == "confirmed",
    )
    return again.returning(PhysicianProposal.id, PhysicianProposal.referral_id)


def decide(
    session: Session, outbox: Outbox, vault: Vault, proposal_id: UUID, decision: Decision, *, now: datetime
) -> PhysicianProposal:
    """Raises `NotFound`, also for an account that does not speak for the physician; `ProposalDecided`."""
    proposal = session.get(PhysicianProposal, proposal_id, with_for_update=True)
    if proposal is None or not _may_decide(session, proposal):
        raise NotFound
    if proposal.decision != "open":
        raise ProposalDecided(decision=proposal.decision)
    proposal.decision, proposal.decided_at, proposal.decided_by = decision, now, context.actor.get().id
    physician = session.get_one(Physician, proposal.physician_id)
    told = put(session, vault, physician, vault.open(proposal.contact)) if decision == "confirmed" else None
    referral = session.get_one(Referral, proposal.referral_id)
    settled = resumed(referral, "physician_contact", now, proposal.id)
    outbox.record(session, *([told] if told else []), settled)
    audit.record(session, f"physician_contact_{decision}", "physician", physician.id)
    return proposal


def _may_decide(session: Session, proposal: PhysicianProposal) -> bool:
    staff = not identity.outside()
    return staff or speaks_for(session, proposal.physician_id)


def bind(session: Session, physician_id: UUID, account: str) -> None:
    """The account speaks for this physician from now on. Raises `NotFound`."""
    if session.get(Physician, physician_id) is None:
        raise NotFound
    row = insert(PhysicianAccount).values(account=account, physician_id=physician_id)
    if session.scalar(row.on_conflict_do_nothing().returning(PhysicianAccount.account)):
        audit.record(session, "account_bound", "physician", physician_id, account=account)


def release(session: Session, physician_id: UUID, account: str) -> None:
    its = (PhysicianAccount.account == account, PhysicianAccount.physician_id == physician_id)
    gone = delete(PhysicianAccount).where(*its).returning(PhysicianAccount.account)
    if session.scalar(gone):
        audit.record(session, "account_released", "physician", physician_id, account=account)
