"""The questions that texts of ours put to the patients of a number, and that are still of interest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, text
from sqlalchemy.orm import Session

from services.notify.models import Message, Offer, Reply, Visit
from services.notify.talk.questions import Kind, Question

_ASKED = func.coalesce(Message.sent_at, Message.changed_at)
_WENT_OUT = and_(Message.channel == "text", Message.state.in_(("sending", "sent", "delivered", "unknown")))
_SO_LATELY = timedelta(days=1)

# A reminder of several visits of one day puts the question of each; a confirmation of a series is about the next.
_ABOUT_VISITS = text("""
WITH went AS (
    SELECT m.id, m.kind, m.happened_at, coalesce(m.sent_at, m.changed_at) AS asked_at, m.series_id,
           about.session_id, about.starts_at
      FROM messages AS m
      CROSS JOIN LATERAL (
          SELECT m.session_id, m.starts_at WHERE m.covers IS NULL
          UNION ALL
          SELECT CAST(one ->> 'session_id' AS uuid), CAST(one ->> 'starts_at' AS timestamptz)
            FROM jsonb_array_elements(m.covers) AS one
      ) AS about
     WHERE m.patient_id = ANY (CAST(:patients AS uuid[])) AND m.channel = 'text'
       AND m.state IN ('sending', 'sent', 'delivered', 'unknown')
       AND (m.kind LIKE 'reminder\\_%' OR m.kind IN
            ('cancel_check', 'other_times', 'time_gone', 'moved', 'restored', 'series_confirmation'))
)
SELECT went.kind, visit.id, visit.patient_id, visit.starts_at, went.asked_at,
       visit.status = 'confirmed' AND went.kind <> 'cancel_check' OR EXISTS (
           SELECT FROM replies AS said WHERE said.meaning = 'confirm' AND said.received_at >= went.asked_at
              AND (said.session_id = visit.id OR said.message_id = went.id)),
       went.id,
       (SELECT choice.times FROM choices AS choice
         WHERE choice.visit_id = visit.id AND choice.asked_at = went.happened_at AND choice.chosen IS NULL)
  FROM went
  CROSS JOIN LATERAL (
      SELECT * FROM visits WHERE visits.id = went.session_id AND visits.starts_at = went.starts_at
      UNION ALL
      (SELECT * FROM visits WHERE went.kind = 'series_confirmation' AND visits.series_id = went.series_id
          AND visits.status IN ('booked', 'confirmed') AND visits.starts_at > :now ORDER BY starts_at LIMIT 1)
  ) AS visit
 WHERE visit.status IN ('booked', 'confirmed') AND visit.starts_at > :now
   AND NOT EXISTS (
       SELECT FROM replies AS said WHERE said.session_id = visit.id AND said.meaning = 'cancel'
          AND said.received_at >= went.asked_at)
""")

_KINDS: dict[str, Kind] = {
    "cancel_check": "cancel_check", "other_times": "times", "time_gone": "times",
    "moved": "news", "restored": "news", "series_confirmation": "news",
}  # fmt: skip


def questions(session: Session, patients: list[UUID], now: datetime) -> list[Question]:
    return [*_about_visits(session, patients, now), *_offers(session, patients, now)]


def _about_visits(session: Session, patients: list[UUID], now: datetime) -> Iterator[Question]:
    """Of the time that the visit still has."""
    rows: Any = session.execute(_ABOUT_VISITS, {"patients": patients, "now": now})
    for kind, visit_id, patient_id, starts_at, asked_at, confirmed, message_id, times in rows:
        asks = _KINDS.get(kind, "reminder")
        if asks == "times" and times is None:
            asks = "news"  # One of them was chosen.
        if asks != "cancel_check" or not confirmed:
            yield Question(
                asks, visit_id, patient_id, starts_at, asked_at, confirmed, message_id, tuple(times or ())
            )  # fmt: skip


def _offers(session: Session, patients: list[UUID], now: datetime) -> Iterator[Question]:
    """Also those that are over: whoever says yes to one wants to know."""
    rows: Any = session.execute(
        select(
            Offer.id, Offer.patient_id, Offer.starts_at, _ASKED,
            or_(Offer.ended_at.is_not(None), Offer.answer_by <= now),
        )
        .join(Message, and_(Message.subject_id == Offer.id, Message.kind == "waitlist_offer"))
        .where(Offer.patient_id.in_(patients), _WENT_OUT, Offer.wanted.is_(None), Offer.starts_at > now)
    )  # fmt: skip
    for offer_id, patient_id, starts_at, asked_at, over in rows:
        yield Question("offer", offer_id, patient_id, starts_at, asked_at, over=over)


def said_before(session: Session, patients: list[UUID], meanings: tuple[str, ...], now: datetime) -> bool:
    """They said so already of something to come: once more changes nothing and needs nobody."""
    visit = exists().where(Visit.id == Reply.session_id, Visit.starts_at > now)
    offer = exists().where(Offer.id == Reply.offer_id, Offer.starts_at > now)
    mine = exists().where(Reply.patient_id.in_(patients), Reply.meaning.in_(meanings), or_(visit, offer))
    return bool(session.scalar(select(mine)))


def told_lately(session: Session, patients: list[UUID], now: datetime) -> bool:
    """A text went out to them of late that may simply be acknowledged."""
    since = Message.sent_at > now - _SO_LATELY
    return bool(session.scalar(select(exists().where(Message.patient_id.in_(patients), _WENT_OUT, since))))
