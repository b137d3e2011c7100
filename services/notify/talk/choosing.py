"""A patient wants another time: booking is asked which there are, and told which one was picked.

Booking is asked over HTTP, and so never within the transaction in which the wish came in: the visit is marked, a
timer asks, and what comes of it is planned as a message. Nobody waits for a booking that is away: after a minute
they get the link alone, and the desk hears of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Uuid, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.chassis import audit, clock
from services.chassis.asking import Caller, Services, UpstreamError
from services.chassis.outbox import Outbox
from services.chassis.runtime import Runtime
from services.contracts.booking import ChoiceRefused
from services.contracts.notify import TimeChosen
from services.notify import desk
from services.notify.models import Choice, Message, Reply, Visit
from services.notify.planning.locks import lock_referral
from services.notify.planning.reconcile import reconcile
from services.notify.settings import settings_of
from services.notify.talk.questions import Question

log = structlog.get_logger()

MYSELF = Caller("notify", ("service",))
MOST, LOOKED_THROUGH = 3, 30
"""Times in a text, and of how many of booking's they are the best."""
EVERY_DAY = list(range(7))
WISHES: tuple[dict[str, Any], ...] = (
    {},
    {"possible": [{"weekdays": EVERY_DAY, "from": "12:00", "to": "21:00"}]},
    {"possible": [{"weekdays": EVERY_DAY, "from": "06:00", "to": "12:00"}]},
)
"""Booking names the best time of each day; where its rhythm leaves few days, there is another half of the day."""
NOT_BEFORE = timedelta(hours=1)
AT_ONCE, LEASE, AGAIN_AFTER = 4, 60, 5
"""Visits that one worker asks about in a row, and seconds."""
PATIENCE = timedelta(minutes=1)
OPEN = ("booked", "confirmed")

_CLAIM = text(
    "UPDATE visits SET times_look_at = clock_timestamp() + make_interval(secs => :lease) WHERE id IN ("
    "  SELECT id FROM visits WHERE times_look_at <= clock_timestamp()"
    "  ORDER BY times_look_at LIMIT :most FOR UPDATE SKIP LOCKED)"
    " RETURNING id, referral_id, patient_id, times_asked_at"
).columns(id=Uuid, referral_id=Uuid, patient_id=Uuid)


@dataclass(frozen=True, slots=True)
class Wanted:
    visit_id: UUID
    referral_id: UUID
    patient_id: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    times: list[datetime]
    too_late: bool = False
    """The clinic wants to be called about so near a visit."""


def ask(session: Session, reply: Reply, question: Question, now: datetime) -> None:
    """They want another time for this visit; asked again before the answer came, it is one question."""
    reply.meaning = "another_time"
    audit.record(session, "reply_understood", "reply", reply.id, intent="another_time")
    visit = session.get_one(Visit, question.subject_id)
    if visit.times_look_at is None or visit.times_asked_for != visit.starts_at:
        _want(visit, now)


def choose(session: Session, outbox: Outbox, reply: Reply, question: Question, at: datetime, now: datetime) -> None:
    """They picked one. Booking decides whether it can be had, and its answer is told as any move is."""
    sent = session.get_one(Message, question.message_id)
    choice = session.get_one(Choice, (question.subject_id, sent.happened_at))
    visit = session.get_one(Visit, question.subject_id)
    choice.chosen, choice.reply_id, visit.times_look_at = at, reply.id, None
    reply.meaning = "choose"
    told = TimeChosen(
        version=1, reply_id=reply.id, session_id=visit.id, patient_id=question.patient_id, starts_at=at, replied_at=now
    )
    outbox.record(session, told)
    audit.record(session, "reply_understood", "reply", reply.id, intent="choose")


def refused(session: Session, event: ChoiceRefused) -> None:
    """It could not be had: they are told what can be had now."""
    lock_referral(session, event.referral_id, event.patient_id)
    choice = session.scalar(select(Choice).where(Choice.reply_id == event.reply_id).with_for_update())
    visit = session.get(Visit, event.session_id)
    if choice is None or choice.refused_at or visit is None:
        return
    choice.refused_at = event.refused_at
    if visit.status in OPEN:
        _want(visit, event.refused_at, gone=True)


def _want(visit: Visit, at: datetime, gone: bool = False) -> None:
    visit.times_asked_at, visit.times_asked_for, visit.times_gone = at, visit.starts_at, gone
    visit.times_look_at = func.clock_timestamp()


def find(runtime: Runtime) -> int:
    """Ask booking for some of the times that are wanted; returns for how many visits."""
    with runtime.sessions.begin() as session:
        claimed: Any = session.execute(_CLAIM, {"lease": LEASE, "most": AT_ONCE})
        wanted = [Wanted(*row) for row in claimed]
        now = clock.now(session)
    for one in wanted:
        found = _ask_booking(runtime, one.visit_id, now)
        with runtime.sessions.begin() as session:
            _note(session, one, found)
    return len(wanted)


def _ask_booking(runtime: Runtime, visit_id: UUID, now: datetime) -> Found | None:
    """None while booking is away."""
    settings = settings_of(runtime)
    booking = Services({"booking": settings.booking}, settings.identity_key, settings.upstream_timeout)
    path = f"/sessions/{visit_id}/alternatives"
    answers: list[dict[str, Any]] = []
    try:
        for wish in WISHES:
            asked = {**wish, "limit": LOOKED_THROUGH}
            answers.append(booking.ask(MYSELF, "booking", path, method="POST", json=asked))
            if len(best(answers, now)) == MOST:
                break
    except UpstreamError as error:
        log.info("no_times", session_id=str(visit_id), status=error.status, code=error.code)
        # Without a code it was not booking that answered.
        away = error.status >= 500 or not error.code
        return None if away else Found([], too_late=error.code == "too_late_to_move")
    return Found(best(answers, now))


def best(answers: list[dict[str, Any]], now: datetime) -> list[datetime]:
    """Up to three different times of answers of booking's, the best of them, in their order in time."""
    ranked = [datetime.fromisoformat(one["start_at"]) for answer in answers for one in answer["alternatives"]]
    was = datetime.fromisoformat(answers[0]["now"]["start_at"])
    fresh = dict.fromkeys(at for at in ranked if at >= now + NOT_BEFORE and at != was)
    return sorted(list(fresh)[:MOST])


def _note(session: Session, wanted: Wanted, found: Found | None) -> None:
    lock_referral(session, wanted.referral_id, wanted.patient_id)
    visit = session.get_one(Visit, wanted.visit_id, populate_existing=True, with_for_update=True)
    if visit.times_asked_at != wanted.asked_at or visit.times_look_at is None:
        return
    if found is None and clock.now(session) - wanted.asked_at < PATIENCE:
        visit.times_look_at = func.clock_timestamp() + timedelta(seconds=AGAIN_AFTER)
        return
    visit.times_look_at = None
    if visit.status in OPEN and visit.starts_at == visit.times_asked_for:
        if found and found.too_late:
            _call(session, visit)
        else:
            _offer(session, visit, wanted.asked_at, found.times if found else [])


def _call(session: Session, visit: Visit) -> None:
    """Somebody at the clinic has to; the patient learns it by the answer to what they wrote last."""
    desk.ask_for_times(session, visit)
    asked = (Reply.session_id == visit.id, Reply.meaning.in_(("another_time", "choose")))
    reply = session.scalar(select(Reply).where(*asked).order_by(Reply.received_at.desc()).limit(1))
    if reply and reply.answer is None:
        reply.answer, reply.referral_id = "we_will_call", visit.referral_id
    reconcile(session, [visit.referral_id], ("patient",))


def _offer(session: Session, visit: Visit, asked_at: datetime, times: list[datetime]) -> None:
    found = insert(Choice).values(
        visit_id=visit.id, asked_at=asked_at, referral_id=visit.referral_id, starts_at=visit.starts_at,
        times=times, gone=visit.times_gone,
    )  # fmt: skip
    session.execute(found.on_conflict_do_nothing())
    if not times:
        desk.ask_for_times(session, visit)
    reconcile(session, [visit.referral_id], ("patient",))
