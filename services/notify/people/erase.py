"""A patient is erased: that something was sent to somebody, of which kind and when, is kept; to whom and what they
wrote is not. That a number must not be texted outlives it, as a keyed hash."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, erased
from services.chassis.seal import UnsealError
from services.contracts.referrals import PatientErased
from services.notify.models import Block, Callback, Contact
from services.notify.people.addresses import AddressBook
from services.notify.people.agreement import standing
from services.notify.planning.locks import lock_people, lock_referrals

FOLLOWED = ("replans", "choices", "renewals", "offers", "visit_acts", "visits", "series_acts", "series")
"""What was known of the patient's referrals: booking has it, and nothing is planned from it any more."""

_MESSAGES = "SELECT id FROM messages WHERE patient_id = :patient"
_STEPS = [
    text(step)
    for step in (
        "UPDATE messages SET state = 'superseded', reason = 'erased', changed_at = fascia_now()"
        " WHERE patient_id = :patient AND state = 'planned'",
        # whoever holds it finds a newer fence, and writes nothing
        "UPDATE messages SET state = 'failed', reason = 'erased', fence = fence + 1, leased_until = NULL,"
        "  look_at = NULL, changed_at = fascia_now() WHERE patient_id = :patient AND state IN ('sending', 'unknown')",
        f"UPDATE attempts SET address = '', digest = '' WHERE message_id IN ({_MESSAGES})",
        "UPDATE callbacks SET content = '', follows = NULL WHERE attempt_id IN"
        f" (SELECT id FROM attempts WHERE message_id IN ({_MESSAGES}))",
        "UPDATE replies SET body = '', sender_hash = '' WHERE patient_id = :patient OR"
        " (patient_id IS NULL AND sender_hash = (SELECT phone_hash FROM contacts WHERE id = :patient)"
        "  AND NOT EXISTS (SELECT FROM contacts AS other"
        "   WHERE other.id <> :patient AND other.phone_hash = sender_hash))",
        "UPDATE tasks SET done_at = fascia_now() WHERE done_at IS NULL"
        " AND (patient_id = :patient OR referral_id = ANY (CAST(:referrals AS uuid[])))",
        "DELETE FROM links WHERE recipient = :patient",
        "UPDATE links SET revoked_at = fascia_now() WHERE revoked_at IS NULL"
        " AND (object_id = ANY (CAST(:referrals AS uuid[])) OR referral_id = ANY (CAST(:referrals AS uuid[])))",
        *(f"DELETE FROM {table} WHERE referral_id = ANY (CAST(:referrals AS uuid[]))" for table in FOLLOWED),
        "DELETE FROM referrals WHERE id = ANY (CAST(:referrals AS uuid[]))",
        "DELETE FROM contacts WHERE id = :patient",
    )
]


def patient_erased(session: Session, book: AddressBook, event: PatientErased) -> None:
    referrals = list(event.referral_ids)
    lock_referrals(session, referrals)
    lock_people(session, patients=frozenset({event.patient_id}))
    contact = session.get(Contact, event.patient_id)
    if contact:
        _keep_refusals(session, contact)
        _forget_unmatched(session, book, contact)
        session.expunge(contact)
    for step in _STEPS:
        session.execute(step, {"patient": event.patient_id, "referrals": referrals})
    erased.mark(session, [event.patient_id], event.erased_at)
    erased.forget(session, book.seal, [event.patient_id, *referrals])
    audit.record(session, "patient_erased", "patient", event.patient_id)


def _keep_refusals(session: Session, contact: Contact) -> None:
    """What the person refused by themselves holds for their number and their address, whoever has them."""
    said = standing(session, {contact.id}).get(contact.id, {})
    hashes = {"text": contact.phone_hash, "email": contact.email_hash}
    for channel, word in said.items():
        if not word.agreed and word.source != "referral" and (address_hash := hashes[channel]):
            row = insert(Block).values(address_hash=address_hash, channel=channel, reason="opted_out", source="erased")
            session.execute(row.on_conflict_do_nothing())


def _forget_unmatched(session: Session, book: AddressBook, contact: Contact) -> None:
    """What a provider told about no attempt of ours names people by their addresses only."""
    addresses = {book.open(sealed).lower() for sealed in (contact.phone, contact.email) if sealed}
    unmatched = select(Callback.id, Callback.content).where(Callback.attempt_id.is_(None), Callback.content != "")
    found: Any = session.execute(unmatched, execution_options={"yield_per": 500})
    gone = [id_ for id_, content in found if any(one in _read(book, content) for one in addresses)]
    if gone:
        session.execute(update(Callback).where(Callback.id.in_(gone)).values(content="", follows=None))


def _read(book: AddressBook, content: str) -> str:
    try:
        return json.dumps(json.loads(book.open(content)), ensure_ascii=False).lower()
    except (UnsealError, ValueError):
        return ""
