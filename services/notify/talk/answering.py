"""What is done about a patient's answer to one of our questions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis import audit
from services.chassis.outbox import Outbox
from services.contracts.notify import Intent, OfferAnswered, PatientReplied
from services.notify.models import Offer, Reply, Visit
from services.notify.planning import replan
from services.notify.talk import asked, choosing
from services.notify.talk.phrases import Word
from services.notify.talk.questions import AGREES, DIGITS, Ambiguous, Question, answered

SAME: dict[Word, tuple[str, ...]] = {
    "confirm": ("confirm",),
    "yes": ("confirm", "accept"),
    "okay": ("confirm", "accept", "choose"),
    "no": ("cannot_come", "cancel", "decline"),
    "cannot": ("cannot_come", "cancel"),
    "another": ("another_time",),
    "first": ("accept",),
    "second": ("decline",),
    "third": (),
}
ACCEPTS: tuple[Word, ...] = (*AGREES, "first")


def answer(session: Session, outbox: Outbox, reply: Reply, word: Word, patients: list[UUID]) -> bool:
    """False when a person has to read it."""
    now = reply.received_at
    try:
        questions = answered(word, asked.questions(session, patients, now))
    except Ambiguous as ambiguous:
        _about(reply, ambiguous.about)
        return False
    if not questions:
        return _needs_nobody(session, word, patients, now)
    _about(reply, questions[0])
    for question in questions:
        _act(session, outbox, reply, question, word, now)
    return True


def _needs_nobody(session: Session, word: Word, patients: list[UUID], now: datetime) -> bool:
    """Said already; or an "ok" to a text that asked nothing."""
    if asked.said_before(session, patients, SAME[word], now):
        return True
    return word == "okay" and asked.told_lately(session, patients, now)


def _about(reply: Reply, question: Question | None) -> None:
    """The conversation that it belongs to, also where the desk has to find out what was meant."""
    if question:
        reply.patient_id, reply.message_id = question.patient_id, question.message_id


def _act(session: Session, outbox: Outbox, reply: Reply, question: Question, word: Word, now: datetime) -> None:
    if question.kind == "offer":
        return _offer(session, outbox, reply, question, word in ACCEPTS, now)
    reply.session_id = reply.session_id or question.subject_id
    if question.kind == "times" and word in DIGITS:
        return choosing.choose(session, outbox, reply, question, question.times[DIGITS.index(word)], now)
    if word == "another":
        return choosing.ask(session, reply, question, now)
    return _visit(session, outbox, reply, question, word, now)


def _visit(session: Session, outbox: Outbox, reply: Reply, question: Question, word: Word, now: datetime) -> None:
    """Who says once that they cannot come is asked whether to cancel; who says so again, cancels."""
    if word in AGREES:
        _ask_to_cancel(session, question, None)
        return _tell(session, outbox, reply, question, "confirm", now)
    if question.kind == "cancel_check":
        return _tell(session, outbox, reply, question, "cancel", now)
    reply.meaning = "cannot_come"
    audit.record(session, "reply_understood", "reply", reply.id, intent="cannot_come")
    return _ask_to_cancel(session, question, now)


def _tell(session: Session, outbox: Outbox, reply: Reply, question: Question, intent: Intent, now: datetime) -> None:
    reply.meaning = intent
    told = PatientReplied(
        version=1, reply_id=reply.id, patient_id=question.patient_id, session_id=question.subject_id,
        intent=intent, replied_at=now,
    )  # fmt: skip
    outbox.record(session, told)
    audit.record(session, "reply_understood", "reply", reply.id, intent=intent)


def _ask_to_cancel(session: Session, question: Question, now: datetime | None) -> None:
    visit = session.get_one(Visit, question.subject_id)
    if visit.cancel_asked_for == (visit.starts_at if now else None):
        return
    visit.cancel_asked_at, visit.cancel_asked_for = now, visit.starts_at if now else None
    replan.note_first(session, [visit.referral_id])


def _offer(session: Session, outbox: Outbox, reply: Reply, question: Question, wanted: bool, now: datetime) -> None:
    """Booking decides who was first. Who says yes to an offer that is over is told so."""
    offer = session.get_one(Offer, question.subject_id)
    offer.wanted, offer.answered_at = wanted, now
    reply.offer_id, reply.meaning = offer.id, "accept" if wanted else "decline"
    if offer.ended_at is None:
        told = OfferAnswered(
            version=1, reply_id=reply.id, offer_id=offer.id, patient_id=offer.patient_id, accepted=wanted,
            replied_at=now,
        )  # fmt: skip
        outbox.record(session, told)
    audit.record(session, "reply_understood", "reply", reply.id, intent=reply.meaning)
    replan.note_first(session, [offer.referral_id])
