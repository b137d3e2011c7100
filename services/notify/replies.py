"""A text that came in: kept once, understood, and acted on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.notify import answering, desk, settle
from services.notify.addresses import AddressBook
from services.notify.learn import referrals_of
from services.notify.locks import lock_people
from services.notify.models import Block, Contact, Reply
from services.notify.reconcile import reconcile
from services.notify.understanding import Meaning, alone, meaning_of


@dataclass(frozen=True, slots=True)
class Inbound:
    provider_id: str
    sender: str
    body: str
    opt_out_type: str = ""
    """What Twilio itself took it for: STOP, START, HELP, or nothing."""


def take(session: Session, outbox: Outbox, book: AddressBook, inbound: Inbound) -> None:
    """Understand and act on a text once, however often it is delivered."""
    sender = book.hash(inbound.sender)
    assert sender
    patients = _patients(session, sender)
    lock_people(session, patients=frozenset(patients))
    meaning = meaning_of(inbound.body, _is_opted_out(session, sender), inbound.opt_out_type)
    reply = _keep(session, book, inbound, sender, meaning, patients)
    if reply is None:
        return
    match meaning:
        case "stop" | "start":
            _opt(session, reply, meaning, patients)
            if alone(inbound.body) == "CANCEL":
                desk.ask_to_read(session, "cancel_meant", reply)
        case "unclear":
            desk.ask_to_read(session, "read_reply", reply)
        case "help":
            pass
        case word:
            answering.answer(session, outbox, reply, word, patients)


def _patients(session: Session, sender: bytes) -> list[UUID]:
    """Whose number it is: a family may share one."""
    return list(session.scalars(select(Contact.id).where(Contact.phone_hash == sender, Contact.role == "patient")))


def _is_opted_out(session: Session, sender: bytes) -> bool:
    opted = exists().where(Block.address_hash == sender, Block.channel == "text", Block.reason == "opted_out")
    return bool(session.scalar(select(opted)))


def _keep(
    session: Session, book: AddressBook, inbound: Inbound, sender: bytes, meaning: str, patients: list[UUID]
) -> Reply | None:
    row = insert(Reply).values(
        id=new_id(), provider_id=inbound.provider_id, sender_hash=sender, meaning=meaning,
        body=book.close(inbound.body) or "", patient_id=patients[0] if len(patients) == 1 else None,
    )  # fmt: skip
    return session.scalar(row.on_conflict_do_nothing().returning(Reply))


def _opt(session: Session, reply: Reply, meaning: Meaning, patients: list[UUID]) -> None:
    if meaning == "stop":
        settle.block(session, reply.sender_hash, "text", "opted_out", "reply")
    else:
        mine = (Block.address_hash == reply.sender_hash, Block.channel == "text", Block.reason == "opted_out")
        session.execute(delete(Block).where(*mine))
    audit.record(session, "opted_out" if meaning == "stop" else "opted_in", "reply", reply.id)
    for patient_id in patients:
        reconcile(session, referrals_of(session, patient_id=patient_id), ("patient",))
