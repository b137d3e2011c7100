"""What is done about a patient's answer to one of our questions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.outbox import Outbox
from services.contracts.notify import Intent, OfferAnswered, PatientReplied
from services.notify import asked, desk
from services.notify.models import Offer, Reply, Visit
from services.notify.questions import Ambiguous, Question, answered
from services.notify.reconcile import reconcile
from services.notify.understanding import Word

SAME: dict[Word, tuple[str, ...]] = {
    "confirm": ("confirm",),
    "yes": ("confirm", "accept"),
    "no": ("cannot_come", "cancel", "decline"),
    "cannot": ("cannot_come", "cancel"),
    "first": ("accept",),
    "second": ("decline",),
}
AGREES: tuple[Word, ...] = ("confirm", "yes", "first")


def answer(session: Session, outbox: Outbox, reply: Reply, word: Word, patients: list[UUID]) -> None:
    now = clock.now(session)
    try:
        question = answered(word, asked.questions(session, patients, now))
    except Ambiguous:
        return desk.ask_to_read(session, "read_reply", reply)
    if question is None:
        if not asked.said_before(session, patients, SAME[word], now):
            desk.ask_to_read(session, "read_reply", reply)
        return None
    reply.patient_id = question.patient_id
    if question.kind == "offer":
        return _offer(session, outbox, reply, question, word in AGREES, now)
    return _visit(session, outbox, reply, question, word, now)


def _visit(session: Session, outbox: Outbox, reply: Reply, question: Question, word: Word, now: datetime) -> None:
    """Who says once that they cannot come is asked whether to cancel; who says so again, cancels."""
    reply.session_id = question.subject_id
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
    if now and visit.cancel_asked_for == visit.starts_at:
        return
    visit.cancel_asked_at, visit.cancel_asked_for = now, visit.starts_at if now else None
    session.flush()
    reconcile(session, [visit.referral_id], ("patient",))


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
    session.flush()
    reconcile(session, [offer.referral_id], ("patient",))
