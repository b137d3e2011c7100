"""A text that came in: kept once, understood, and acted on. What follows for our messages is planned by a worker, at
once: whoever waits for the webhook's answer does not wait for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.ids import new_id
from services.chassis.outbox import Outbox
from services.notify import desk
from services.notify.models import Block, Contact, Reply, Task
from services.notify.people import consent
from services.notify.people.addresses import AddressBook
from services.notify.people.records import persons
from services.notify.planning import replan
from services.notify.planning.learn import referrals_of
from services.notify.planning.locks import lock_people
from services.notify.talk import answering
from services.notify.talk.revocation import says_more
from services.notify.talk.understanding import Meaning, alone, meaning_of

CALLED_AGAIN_AFTER = timedelta(days=1)
"""Nobody is told more often than that that they will be called."""


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
    opted_out = _is_opted_out(session, sender)
    meaning = meaning_of(inbound.body, opted_out, inbound.opt_out_type)
    reply = _keep(session, book, inbound, sender, meaning, patients)
    if reply is None:
        return
    match meaning:
        case "stop" | "revoke" | "start":
            _opt(session, reply, meaning, patients, opted_out)
            if alone(inbound.body) == "CANCEL":
                desk.ask_to_read(session, "cancel_meant", reply)
            elif meaning == "revoke" and says_more(inbound.body):
                desk.ask_to_read(session, "read_reply", reply)
        case "unclear":
            for_a_person(session, book, reply, patients)
        case "help" | "aside":
            pass
        case word:
            if not answering.answer(session, outbox, reply, word, patients):
                for_a_person(session, book, reply, patients)


def for_a_person(session: Session, book: AddressBook, reply: Reply, patients: list[UUID]) -> None:
    """The desk reads it with the conversation, and the patient learns that somebody will call: once a day."""
    if not _is_asked_already(session, book, reply):
        desk.ask_to_read(session, "read_reply", reply)
    told = exists().where(
        or_(Reply.patient_id.in_(patients), Reply.sender_hash == reply.sender_hash),
        Reply.answer == "we_will_call", Reply.received_at > reply.received_at - CALLED_AGAIN_AFTER,
    )  # fmt: skip
    if patients and not session.scalar(select(told)):
        _answer(session, reply, "we_will_call", [reply.patient_id] if reply.patient_id else patients)


def _is_asked_already(session: Session, book: AddressBook, reply: Reply) -> bool:
    """The newest text of this number that the desk still has to read says the same."""
    waiting = select(Reply.body).join(Task, Task.reply_id == Reply.id).where(
        Reply.sender_hash == reply.sender_hash, Reply.id != reply.id,
        Task.kind == "read_reply", Task.done_at.is_(None),
    )  # fmt: skip
    newest = session.scalar(waiting.order_by(Reply.received_at.desc()).limit(1))
    return newest is not None and _words(book, newest) == _words(book, reply.body)


def _words(book: AddressBook, sealed: str) -> str:
    return book.open(sealed) if sealed else ""


def _patients(session: Session, sender: bytes) -> list[UUID]:
    """Whose number it is: a family may share one."""
    mine = select(Contact.id).where(Contact.phone_hash == sender, Contact.role == "patient")
    return list(session.scalars(mine.order_by(Contact.id)))


def _is_opted_out(session: Session, sender: bytes) -> bool:
    opted = exists().where(Block.address_hash == sender, Block.channel == "text", Block.reason == "opted_out")
    return bool(session.scalar(select(opted)))


def _keep(
    session: Session, book: AddressBook, inbound: Inbound, sender: bytes, meaning: str, patients: list[UUID]
) -> Reply | None:
    row = insert(Reply).values(
        id=new_id(), provider_id=inbound.provider_id, sender_hash=sender, meaning=meaning,
        body=book.close(inbound.body) or "", patient_id=_the_one(session, patients),
    )  # fmt: skip
    return session.scalar(row.on_conflict_do_nothing().returning(Reply))


def _the_one(session: Session, patients: list[UUID]) -> UUID | None:
    """The patient, if it is one, under whatever records."""
    found = persons(session, patients)
    return found.pop() if len(found) == 1 else None


def _opt(session: Session, reply: Reply, meaning: Meaning, patients: list[UUID], opted_out: bool) -> None:
    """For the number, and so for everybody who shares it. STOP is confirmed by Twilio, other words by us, once."""
    consent.heard(session, "text", reply.sender_hash, meaning == "start", "reply", reply.received_at)
    audit.record(session, "opted_in" if meaning == "start" else "opted_out", "reply", reply.id)
    if meaning == "revoke" and not opted_out:
        _answer(session, reply, "opted_out", patients)
    replan.note_first(session, {id_ for patient in patients for id_ in referrals_of(session, patient_id=patient)})


def _answer(session: Session, reply: Reply, kind: str, patients: list[UUID]) -> None:
    """By a text under the newest referral of the first of them who has one."""
    for patient_id in patients:
        if found := referrals_of(session, patient_id=patient_id):
            reply.answer, reply.referral_id, reply.patient_id = kind, max(found), reply.patient_id or patient_id
            return replan.note_first(session, [reply.referral_id])
    return None
