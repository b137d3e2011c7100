"""What a patient's text means, and what is done about it.

Words: Twilio's opt-out keywords for long codes; `C` and `YES` confirm. Twilio itself answers STOP, START and
HELP. A YES from a number that had opted out means START, for Twilio as for us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.contracts.notify import PatientReplied
from services.notify import desk, settle
from services.notify.addresses import AddressBook
from services.notify.learn import referrals_of
from services.notify.locks import lock_people
from services.notify.models import Block, Contact, Message, Reply, Visit
from services.notify.reconcile import reconcile

Meaning = Literal["confirm", "stop", "start", "help", "unclear"]

STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
START = {"START", "UNSTOP"}
HELP = {"HELP", "INFO"}
CONFIRM = {"C", "YES"}


@dataclass(frozen=True, slots=True)
class Inbound:
    provider_id: str
    sender: str
    body: str
    opt_out_type: str = ""
    """What Twilio itself took it for: STOP, START, HELP, or nothing."""


def meaning_of(inbound: Inbound, opted_out: bool) -> Meaning:
    word = _word(inbound.body)
    if word in STOP or inbound.opt_out_type == "STOP":
        return "stop"
    if word in START or (opted_out and word == "YES"):
        return "start"
    if word in CONFIRM:
        return "confirm"
    return "help" if word in HELP or inbound.opt_out_type == "HELP" else "unclear"


def take(session: Session, outbox: Outbox, book: AddressBook, inbound: Inbound) -> None:
    """Understand and act on a text once, however often it is delivered."""
    sender = book.hash(inbound.sender)
    assert sender
    patients = _patients(session, sender)
    lock_people(session, patients=frozenset(patients))
    meaning = meaning_of(inbound, _is_opted_out(session, sender))
    reply = _keep(session, book, inbound, sender, meaning, patients)
    if reply is None:
        return
    if meaning == "confirm":
        _confirm(session, outbox, reply, patients)
    elif meaning in ("stop", "start"):
        _opt(session, reply, meaning, patients)
        if _word(inbound.body) == "CANCEL":
            desk.ask_to_read(session, "cancel_meant", reply)
    elif meaning == "unclear":
        desk.ask_to_read(session, "read_reply", reply)


def _word(body: str) -> str:
    return body.strip(" \t\r\n.,!?'\"").upper()


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


def _confirm(session: Session, outbox: Outbox, reply: Reply, patients: list[UUID]) -> None:
    now = clock.now(session)
    visit = _visit_meant(session, patients, now)
    if visit is None:
        if not _confirmed_before(session, patients, now):
            desk.ask_to_read(session, "read_reply", reply)
        return
    reply.patient_id, reply.session_id = visit.patient_id, visit.id
    told = PatientReplied(
        version=1, reply_id=reply.id, patient_id=visit.patient_id, session_id=visit.id,
        intent="confirm", replied_at=now,
    )  # fmt: skip
    outbox.record(session, told)
    audit.record(session, "reply_understood", "reply", reply.id, intent="confirm")


def _visit_meant(session: Session, patients: list[UUID], now: datetime) -> Visit | None:
    """The next visit that they were reminded of and have not confirmed."""
    reminded = exists().where(
        Message.session_id == Visit.id,
        Message.starts_at == Visit.starts_at,
        Message.channel == "text",
        Message.kind.startswith("reminder_"),
        Message.state.in_(("sending", "sent", "delivered", "unknown")),
    )
    answered = exists().where(Reply.session_id == Visit.id, Reply.meaning == "confirm")
    return session.scalar(
        select(Visit)
        .where(Visit.patient_id.in_(patients), Visit.status == "booked", Visit.starts_at > now, reminded, ~answered)
        .order_by(Visit.starts_at)
        .limit(1)
    )


def _confirmed_before(session: Session, patients: list[UUID], now: datetime) -> bool:
    """A second C changes nothing and needs nobody."""
    upcoming = exists().where(Visit.id == Reply.session_id, Visit.starts_at > now)
    return bool(
        session.scalar(select(exists().where(Reply.patient_id.in_(patients), Reply.meaning == "confirm", upcoming)))
    )


def _opt(session: Session, reply: Reply, meaning: Meaning, patients: list[UUID]) -> None:
    if meaning == "stop":
        settle.block(session, reply.sender_hash, "text", "opted_out", "reply")
    else:
        mine = (Block.address_hash == reply.sender_hash, Block.channel == "text", Block.reason == "opted_out")
        session.execute(delete(Block).where(*mine))
    audit.record(session, "opted_out" if meaning == "stop" else "opted_in", "reply", reply.id)
    for patient_id in patients:
        reconcile(session, referrals_of(session, patient_id=patient_id), ("patient",))
